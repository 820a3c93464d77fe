-- The address of the page of a pipeline, a repository or a project's gates in
-- CodeArts, for queries that name them (WITH {{page_of}} AS page_of): the form that
-- the tenant has for it in the configuration (pages), with the ids in it. It is
-- empty where there is no form, and where the form asks for a project and there is
-- none, as of the gates of a tenant: a link that is empty is none.
(kind, tenant, project_id, id) -> if(project_id = '' AND position((SELECT pages FROM settings_in_force)[tenant][kind], '{project_id}') > 0, '',
    replaceAll(replaceAll(replaceAll((SELECT pages FROM settings_in_force)[tenant][kind],
        '{tenant}', tenant), '{project_id}', project_id), concat('{', kind, '_id}'), toString(id)))
