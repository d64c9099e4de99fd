#!/usr/bin/perl
# Reads the file of frames and fields that the tests of server and clients share: vectors.pl FILE
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/proofreel.pl";

my ($checked, $failed) = (0, 0);

sub check {
    my ($title, $holds) = @_;
    $checked++;
    return if $holds;
    $failed++;
    print "FAILED: $title\n";
}

sub refuses {
    my ($what, @arguments) = @_;
    no strict 'refs';
    return !defined eval { my @read = &$what(@arguments); 1 };
}

open my $from, '<:raw', $ARGV[0] or die "$ARGV[0]: $!\n";
local $/ = '';
while (my $block = <$from>) {
    my @lines = grep { !/^#/ } split /\n/, $block;
    next unless @lines;
    my ($kind, $title) = shift(@lines) =~ /^([a-z ]+): (.*)$/ or die "no title: $block";
    my @bytes = map { my ($hex) = split / {2}/; pack 'H*', $hex =~ tr/ //dr } @lines;
    my @meaning = map { (split / {2}/, $_, 2)[1] // '' } @lines;
    my $message = join '', @bytes[($kind eq 'frame' ? 1 : 0) .. $#bytes];
    if ($kind eq 'frame') {
        my ($count, $type, $last, $code, $stream) = parse_head($bytes[0]);
        check($title, $count == length $message && head($type, $count, $code, $stream, $last) eq $bytes[0]);
        check($title, !!$last == ($meaning[0] =~ / last$/));
    }
    my $has_fields = $kind eq 'fields' || $kind eq 'frame' && ($meaning[1] // '') ne 'bytes';
    check($title, join('', map { field(@$_) } parse_fields($message)) eq $message) if $has_fields;
    check($title, refuses('parse_fields', $message)) if $kind eq 'refused fields';
    check($title, refuses('parse_head', $message)) if $kind eq 'refused frame';
}
print "$checked checked, $failed failed\n";
exit($failed ? 1 : 0);
