print("proofreel")
