#!/bin/busybox sh
# The guest's first process: makes a root of BusyBox, loads the modules, then does what the second
# serial port says: `run ID USER PORT TOOLS MOUNT...` and `off`.
/bin/busybox mkdir -p /proc /sys /dev /tmp /host /root /sbin /usr/bin /usr/sbin
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
[ -c /dev/null ] || mount -t devtmpfs dev /dev
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir /tmp/n /tmp/n/1 /tmp/n/2 /tmp/n/3 /tmp/n/4 /tmp/s /tmp/bin
cp /bin/busybox /tmp/bin
cp /scenarios/* /tmp/s
chmod -R a+rX /tmp/s /tmp/n
for module in $(cat /modules/order); do
	case $module in
	9pnet_virtio.ko) ;; # later, as it changes how one mounts
	*) insmod /modules/$module || echo "init: cannot load $module" ;;
	esac
done
echo 0 >/proc/sys/kernel/printk_ratelimit
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
stty -F /dev/ttyS1 raw -echo
exec 3<>/dev/ttyS1
echo "@ready $(uname -r)" >&3
while read -r command rest <&3; do
	case $command in
	run) sh /tmp/s/enter.sh $rest ;;
	off) break ;;
	esac
done
poweroff -f
