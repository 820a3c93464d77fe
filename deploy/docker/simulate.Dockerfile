# The simulated CodeArts. The binary artery can load the ClickHouse engine, so it needs a C library (glibc) to start.
FROM debian:bookworm-20250908-slim
COPY dist/artery /usr/local/bin/artery
USER 65532:65532
EXPOSE 8180
ENTRYPOINT ["artery"]
CMD ["simulate", "-listen", "0.0.0.0:8180"]
