# The collector: the static binary that `make dist` builds, and the certificates to verify CodeArts with.
FROM alpine:3.22.2 AS certificates

FROM scratch
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY dist/collector /collector
USER 65532:65532
# /metrics, /healthz and /readyz
EXPOSE 9464
ENTRYPOINT ["/collector"]
CMD ["-config", "/etc/artery/artery.yaml"]
