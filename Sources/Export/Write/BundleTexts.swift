/// Texts that every bundle has.
enum BundleTexts {
    static let readMe = "See verify.py.\n"
    static let verifier = "#!/usr/bin/env python3\n"
}
