// Tests of Access stand here.
