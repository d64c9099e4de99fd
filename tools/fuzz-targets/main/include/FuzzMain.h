// SwiftPM wants a header; there is nothing to call.
