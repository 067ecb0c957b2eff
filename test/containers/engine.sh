#!/usr/bin/env bash
# Runs a container engine that shares nothing with other engines on the machine.
#
#   engine.sh up FOLDER           starts Docker and creates the base images that cannot be pulled without a registry
#   engine.sh in FOLDER COMMAND   runs a command with this engine's docker, in the network where ports are published
#   engine.sh restart FOLDER      restarts the daemon, as a restart of the machine does
#   engine.sh down FOLDER         stops the engine and removes everything that `up` created
#   engine.sh guard FOLDER PID    does the same when process PID has ended
#
# It needs root. FOLDER holds data, socket and logs. The engine has a network namespace of its own, so its bridges,
# firewall rules and ports are not those of the machine; slirp4netns connects it to the outside.
set -euo pipefail

ACTION=$1
FOLDER=$2
NAME=$(basename "$FOLDER")
export PATH="$FOLDER/engine/usr/bin:$FOLDER/engine/usr/sbin:$PATH"
export DOCKER_HOST="unix://$FOLDER/docker.sock" DOCKER_CONFIG="$FOLDER/config" DOCKER_BUILDKIT=1

inside() { nsenter --net="/run/netns/$NAME" "$@"; } # `ip netns exec` would hide /sys/fs/cgroup

# Unpacks the engine. Installing it would start its services and create a group.
unpack() {
  mkdir -p "$FOLDER"/{debs,engine,config,log}
  local download=(apt-get download -qq -o APT::Sandbox::User=root docker.io containerd tini)
  # A list that is old may name files that are no longer there.
  (cd "$FOLDER/debs"; "${download[@]}" || { apt-get update -qq && "${download[@]}"; })
  for deb in "$FOLDER"/debs/*.deb; do dpkg-deb -x "$deb" "$FOLDER/engine"; done
  rm -r "$FOLDER/debs"
  ln -sf tini-static "$FOLDER/engine/usr/bin/docker-init"
  echo '{}' >"$FOLDER/config/config.json"
}

connect() {
  ip netns add "$NAME"
  inside ip link set lo up
  setsid slirp4netns --configure --mtu=1400 --disable-host-loopback --netns-type=path "/run/netns/$NAME" tap0 \
    </dev/null >"$FOLDER/log/slirp4netns" 2>&1 &
  echo $! >"$FOLDER/slirp4netns.pid"
  for _ in $(seq 600); do
    inside ip -br address show tap0 2>/dev/null | grep -q 10.0.2.100 && break
    sleep .1
  done
}

start() {
  # A containerd of the machine may be used by this engine, under a namespace of its own.
  setsid nsenter --net="/run/netns/$NAME" dockerd --host "$DOCKER_HOST" --storage-driver overlay2 \
    --data-root "$FOLDER/data" --exec-root "$FOLDER/exec" --pidfile "$FOLDER/dockerd.pid" \
    --containerd-namespace "$NAME" --containerd-plugins-namespace "$NAME-plugins" --cgroup-parent "/$NAME" --ipv6 --fixed-cidr-v6 fd00:4010::/64 \
    --default-address-pool base=10.89.0.0/16,size=24 `# podman's` \
    </dev/null >>"$FOLDER/log/dockerd" 2>&1 &
  for _ in $(seq 600); do
    docker version >/dev/null 2>&1 && return
    sleep .2
  done
  cat "$FOLDER/log/dockerd" >&2
  return 1
}

# The images below stand in for the official ones, which cannot be pulled: the same names, with Debian's packages and
# the Node of the npm registry. Packages are unpacked and not configured, which takes seconds instead of minutes.
create_root() {
  local sources=/etc/apt/sources.list.d/debian.sources images="$FOLDER/images"
  [ -f "$sources" ] || sources=/etc/apt/sources.list
  mmdebstrap --quiet --mode=root --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --include=base-files,base-passwd,bash,coreutils,dash,findutils,grep,gzip,libc-bin,libstdc++6,redis-server,redis-tools,nginx-light,sed,tar \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' bookworm "$images/root" "$sources"
  local root="$images/root"
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  printf 'node:x:1000:1000::/home/node:/bin/bash\nredis:x:999:999::/data:/bin/sh\n' >>"$root/etc/passwd"
  printf 'node:x:1000:\nredis:x:999:\n' >>"$root/etc/group"
  install -d -o 1000 -g 1000 "$root/home/node"
  install -d -o 999 -g 999 "$root/data"
  ln -sf dash "$root/usr/bin/sh"
  mkdir -p "$root/tmp" "$root/root" "$root/run" && chmod 1777 "$root/tmp"
  rm -rf "$root/var/run" && ln -s /run "$root/var/run"
}

install_node() {
  local images="$FOLDER/images" package
  package="node-linux-$(node -p process.arch)"
  # Node and npm come from the npm registry, with the authorities that this machine trusts. The size of the built image
  # depends on this version.
  npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$images/packages" "$package@22.23.5" npm@10.9.4
  cp -r "$images/packages/node_modules/$package/bin/node" "$images/packages/node_modules/npm" "$images"
  rm -r "$images/packages"
  cp /etc/ssl/certs/ca-certificates.crt "$images/ca.crt"
}

create_images() {
  local images="$FOLDER/images"
  tar -C "$images/root" --exclude=./var/cache/apt --exclude=./var/lib/apt -c . | docker import - debian:bookworm-slim >/dev/null
  rm -r "$images/root"
  docker build -q -t node:22-bookworm-slim -f - "$images" >/dev/null <<'D'
FROM debian:bookworm-slim
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY ca.crt /usr/local/etc/ca.crt
RUN cd /usr/local/bin && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js npx \
 && chmod 755 npm && echo cafile=/usr/local/etc/ca.crt >/usr/local/etc/npmrc
CMD ["node"]
D
  docker build -q -t redis:7-alpine - >/dev/null <<'D'
FROM debian:bookworm-slim
VOLUME /data
WORKDIR /data
USER redis
ENTRYPOINT ["sh", "-c", "exec \"$@\" --protected-mode no", "--"]
CMD ["redis-server"]
D
  docker build -q -t nginx:1.27-alpine - >/dev/null <<'D'
FROM debian:bookworm-slim
RUN rm -rf /var/lib/nginx && mkdir -p /var/cache/nginx && ln -s /var/cache/nginx /var/lib/nginx \
 && ln -sf /dev/stderr /var/log/nginx/error.log
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
D
  rm -r "$images"
}

stop() {
  local pid
  pid=$(cat "$FOLDER/$1.pid" 2>/dev/null) && kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep .2
  done
  kill -9 "$pid"
}

down() {
  local left
  left=$(docker ps -aq 2>/dev/null || true)
  [ -z "$left" ] || docker rm -f $left >/dev/null
  stop dockerd
  stop slirp4netns
  awk -v folder="$FOLDER/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount
  ip netns delete "$NAME" 2>/dev/null || true
  find /sys/fs/cgroup -depth -type d -path "*/$NAME*" -exec rmdir {} + 2>/dev/null || true
  rm -rf "$FOLDER"
}

up() {
  mkdir -p "$FOLDER/images"
  # Most of this is waiting for registries.
  create_root & ROOT=$!
  install_node & NODE=$!
  trap 'wait $ROOT $NODE' EXIT
  unpack
  connect
  start
  wait $ROOT
  wait $NODE
  create_images
}

case $ACTION in
  up) up ;;
  in) inside "${@:3}" ;;
  restart) stop dockerd; start ;;
  down) down ;;
  guard) tail --pid="$3" -f /dev/null; [ ! -d "$FOLDER" ] || down ;;
esac
