/// `END` of `report.py`, byte for byte. Made by `tools/embed-texts`; change that, not this.
// swift-format-ignore
package let pageEndText = #"""
<h2>7. Limits</h2>
<ol>
<li>This page is made from the files beside it, for people. By itself it proves nothing.</li>
<li>The log proves what it received, not what stood before the lens.</li>
<li>That a picture belongs to a check or an order is what whoever is named with it said.</li>
<li>Times are those of the server&#x27;s clock. Confirmations from outside bracket them.</li>
<li>Whoever controlled the server could forge what came after the last confirmation outside.</li>
<li>What was never recorded is missed only where a check was closed or a gap is listed.</li>
<li>Lines of the access trail are signed with the export as a whole, and not proven one by one.</li>
</ol>
<h2>8. How to verify</h2>
<p>In the folder above this one run <code>python3 verify.py --root KEY</code>, or follow
<code>README.txt</code> there. It proves that each picture has the bytes that were recorded, that
what this page says of it stands in the signed log, and that no leaf of a closed check was left
out.</p>
<p>KEY is the line of the root key as you have it from a contract or from another source outside of
this bundle. Compare it with the one in section 1: a key that comes with the evidence proves
nothing.</p>
<p class="sign">Place and date</p><p class="sign">Name and signature</p>
</body>
</html>

"""#
