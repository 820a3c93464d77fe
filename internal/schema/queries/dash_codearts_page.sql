-- The form of the address of a run in CodeArts: that of the variable CodeArts
-- page, else that of the international console.
SELECT if(${codearts:singlequote} IN ('', 'not set'), 'https://devcloud.huaweicloud.com/cicd/project/{project_id}/pipeline/detail/{pipeline_id}/{run_id}', ${codearts:singlequote})
