# Runs inside the machine of usbcam-vm: moves the cables, and lets SourceProbe say what it sees.
# $1 is SourceProbe, $2 a folder that the host shares.
probe=$1
share=$2
say() { echo "== $*"; }

say list
$probe list

say watch
$probe watch --seconds 60 > "$share/watch.txt" &
watch=$!

say unplug
$probe usb usb:1209:0001:UC0000 --name a --size 640x480 > "$share/a.txt" &
a=$!
$probe usb usb:1209:0001:UC0001 --name b --size 640x480 --format MJPG --frames 90 \
    > "$share/b.txt" &
b=$!
sleep 2
cam unplug 0
wait $a
wait $b
cat "$share/a.txt" | tail -n 3
tail -n 2 "$share/b.txt"
$probe usb usb:1209:0001:UC0000 --name absent

say another-socket
cam plug 2 serial=UC0000
cam wait 2 > /dev/null
sleep 1
$probe usb usb:1209:0001:UC0000 --name moved --size 320x240 --frames 3
$probe list | grep ^camera

say busy
$probe usb usb:1209:0001:UC0001 --name first --size 320x240 --seconds 4 > "$share/first.txt" &
first=$!
sleep 2
$probe usb usb:1209:0001:UC0001 --name second --size 320x240 --frames 3
wait $first
tail -n 1 "$share/first.txt"

say freeze
$probe usb usb:1209:0001:UC0001 --name frozen --size 320x240 --stall 2000 > "$share/frozen.txt" &
frozen=$!
sleep 2
cam freeze 1
wait $frozen
tail -n 2 "$share/frozen.txt"
cam thaw 1
$probe usb usb:1209:0001:UC0001 --name thawed --size 320x240 --frames 3 | tail -n 2

say broken
$probe usb usb:1209:0001:UC0001 --name broken --size 640x480 --fps 15 --seconds 6 \
    > "$share/broken.txt" &
broken=$!
sleep 2
cam cut 1 4
sleep 1
cam garbage 1 4
wait $broken
grep -c drop "$share/broken.txt"
grep drop "$share/broken.txt" | sort | uniq -c
tail -n 1 "$share/broken.txt"

say refuses
cam stall 1 1
$probe usb usb:1209:0001:UC0001 --name refuses --frames 3
cam stall 1 0

say saved
$probe usb usb:1209:0001:UC0001 --name mjpeg --size 640x480 --frames 5 --save "$share" | tail -n 2
$probe usb usb:1209:0001:UC0001 --name yuyv --size 320x240 --format YUYV --frames 5 \
    --save "$share" | tail -n 2

say twins
cam unplug 2
cam plug 2 serial=
cam plug 3 serial=
cam wait 2 > /dev/null
cam wait 3 > /dev/null
sleep 1
$probe list | grep ^camera
cam unplug 3
cam gone 3
cam plug 3 serial=UC0001
cam wait 3 > /dev/null
sleep 1
$probe list | grep ^camera
$probe usb usb:1209:0001:UC0001 --name twin --frames 1

say tables
cam unplug 2
cam plug 2 serial=NODHT1,dht=0
cam wait 2 > /dev/null
sleep 1
$probe usb usb:1209:0001:NODHT1 --name tables --size 320x240 --frames 2

wait $watch
say watched
cat "$share/watch.txt"
say end
