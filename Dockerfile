# The image of Weir. What the first stage runs is what `make test` runs, in its order; Tests/Image/test.sh holds it against that.
FROM swift:6.3.1-bookworm AS build
RUN apt-get update -q && apt-get install -qy --no-install-recommends make
WORKDIR /weir
COPY . .
RUN make install-build
RUN make build
RUN make image-files

FROM debian:bookworm-slim
RUN apt-get update -q \
    && apt-get install -qy --no-install-recommends \
        ca-certificates libc6 libcrypt1 libcurl3-gnutls libgcc-s1 libgnutls30 libmicrohttpd12 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /weir/.build/image /opt/weir
COPY image/healthcheck /opt/weir/healthcheck
COPY image/weir.yaml /etc/weir/weir.yaml
RUN ln -s /opt/weir/weir /usr/local/bin/weir && install -d -o 65532 -g 65532 /var/lib/weir
USER 65532:65532
VOLUME /var/lib/weir
EXPOSE 2055/udp 2056/udp 4739/udp 4739/tcp 6343/udp 9478/tcp 9479/tcp
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/opt/weir/healthcheck"]
ENTRYPOINT ["weir"]
CMD ["serve", "--config", "/etc/weir/weir.yaml"]
