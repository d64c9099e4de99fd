/// `TOP` of `report.py`, byte for byte. Made by `tools/embed-texts`; change that, not this.
// swift-format-ignore
package let pageTopText = #"""
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Proofreel evidence</title>
<style>
body { font: 11pt/1.45 Georgia, "Times New Roman", serif; color: #111; background: #fff;
  max-width: 46em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.7em; line-height: 1.2; margin: .2em 0 .6em }
h2 { font-size: 1.15em; border-bottom: 1px solid #111; margin: 2.2em 0 .6em }
h3 { font-size: 1em; margin: 0 0 .6em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .2em .8em .2em 0;
  border-bottom: 1px solid #ccc; unicode-bidi: isolate; white-space: pre-line }
th { font-weight: normal; color: #444; width: 9em }
h1, th, td, code { overflow-wrap: anywhere }
.list { font-size: .9em }
.list th { width: auto; white-space: nowrap }
.list td { min-width: 5.5em }
.list tr:first-child th { border-bottom: 1px solid #111 }
.mark { letter-spacing: .12em; text-transform: uppercase; font-size: .8em; margin: 0 }
.big { border: 2px solid #111; padding: .6em .9em; font-weight: bold }
article { border-top: 1px solid #111; padding: 1em 0 }
h2 + article { border: 0; padding-top: 0 }
table + h3 { margin: 1.2em 0 .3em }
img { display: block; max-width: 100%; max-height: 11cm; border: 1px solid #999 }
a { color: inherit }
.sign { display: inline-block; width: 44%; margin: 5em 4% 0 0; border-top: 1px solid #111 }
@page { size: A4; margin: 20mm 18mm }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 9.5pt }
  a { text-decoration: none }
  h2, h3 { break-after: avoid }
  article, tr, img, .big { break-inside: avoid }
}
</style>
</head>
<body>
<p class="mark">Proofreel evidence bundle</p>

"""#
