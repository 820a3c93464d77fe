# The loader: the static binary that `make dist` builds, and the certificates to verify ClickHouse with.
FROM alpine:3.22.2 AS certificates

FROM scratch
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY dist/loader /loader
USER 65532:65532
# /metrics, /healthz and /readyz
EXPOSE 9464
ENTRYPOINT ["/loader"]
CMD ["-config", "/etc/artery/artery.yaml"]
