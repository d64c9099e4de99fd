# Runs inside the machine of usbcam-vm: moves the cables, and lets SourceProbe say what it sees.
# $1 is SourceProbe, $2 a folder that the host shares.
probe=$1
share=$2
left=usb:1209:0001:UC0000
right=usb:1209:0001:UC0001

say() { echo "== $*"; }

# The emulated bus now and then drops a camera when a stream starts or stops under load ("urb was
# already given back"). That is a real unplugging, and not the one that is asked about: plug it in
# again and repeat.
ready() { # SLOT
    cam wait "$1" 2 >/dev/null 2>&1 || {
        cam unplug "$1" >/dev/null 2>&1
        cam plug "$1"
        cam wait "$1" >/dev/null
    }
    sleep 1
}

# Runs a probe beside the script. What an earlier one of this name printed is gone before: else it
# would be taken for a sign that this one streams.
start() { # NAME ARGUMENTS...
    : >"$share/$1.txt"
    name=$1
    shift
    $probe usb "$@" --name "$name" >"$share/$name.txt" &
}

# Waits until a probe has printed a frame, or has ended.
streams() { # FILE PID
    while ! grep -q ' frame [0-9]' "$1" && kill -0 "$2" 2>/dev/null; do sleep 0.2; done
}

try() { # COMMAND...
    for _ in 1 2 3 4; do
        ready 1
        "$@" >"$share/try.txt" 2>&1
        grep -q 'not plugged in\|unplugged' "$share/try.txt" || break
        echo "repeated: $*" >>"$share/repeats.txt"
    done
    cat "$share/try.txt"
}

unplug() {
    for _ in 1 2 3 4 5 6; do
        ready 0
        ready 1
        start b $right --size 640x480 --seconds 8
        b=$!
        streams "$share/b.txt" $b
        start a $left --size 640x480
        a=$!
        streams "$share/a.txt" $a
        running=no
        if kill -0 $a && kill -0 $b; then running=yes; fi
        cam unplug 0
        wait $a
        wait $b
        [ $running = yes ] && grep -q 'b stopped' "$share/b.txt" && break
        echo "repeated: unplug" >>"$share/repeats.txt"
    done
    tail -n 2 "$share/a.txt"
    tail -n 2 "$share/b.txt"
}

# The first one goes on until the second has started, which takes an emulated machine some seconds.
busy() {
    start first $right --size 320x240 --seconds 20
    first=$!
    streams "$share/first.txt" $first
    $probe usb $right --name second --size 320x240 --frames 3
    wait $first
    tail -n 2 "$share/first.txt"
}

freeze() {
    cam thaw 1
    start frozen $right --size 320x240 --stall 2000
    frozen=$!
    streams "$share/frozen.txt" $frozen
    cam freeze 1
    wait $frozen
    tail -n 2 "$share/frozen.txt"
    cam thaw 1
    $probe usb $right --name thawed --size 320x240 --frames 3 | tail -n 2
}

broken() {
    start broken $right --size 640x480 --fps 10 --seconds 7
    broken=$!
    streams "$share/broken.txt" $broken
    cam cut 1 3
    sleep 1
    cam garbage 1 3
    wait $broken
    grep 'drop cut off\|drop not a JPEG' "$share/broken.txt"
    tail -n 2 "$share/broken.txt"
}

refuses() {
    cam stall 1 1
    $probe usb $right --name refuses --frames 3
    cam stall 1 0
}

say list
$probe list | grep '^camera'

say watch
$probe watch >"$share/watch.txt" &
watch=$!

say unplug
unplug
$probe usb $left --name absent --seconds 5

say another-socket
cam plug 2 serial=UC0000
cam wait 2 >/dev/null
sleep 1
$probe usb $left --name moved --size 320x240 --frames 3

say busy
try busy

say freeze
try freeze

say broken
try broken

say refuses
try refuses

say saved
try $probe usb $right --name mjpeg --size 640x480 --frames 3 --save "$share"
try $probe usb $right --name yuyv --size 320x240 --format YUYV --frames 3 --save "$share"

say twins
ready 1
cam unplug 2
cam plug 2 serial=
cam plug 3 serial=UC0001
cam wait 2 >/dev/null
cam wait 3 >/dev/null
sleep 1
$probe list | grep '^camera'
$probe usb $right --name twin --frames 1
cam unplug 3

say tables
cam unplug 2
cam plug 2 serial=NODHT1,dht=0
cam wait 2 >/dev/null
sleep 1
$probe usb usb:1209:0001:NODHT1 --name tables --size 320x240 --frames 2
sleep 1

say watched
kill $watch
cat "$share/watch.txt"
say end
