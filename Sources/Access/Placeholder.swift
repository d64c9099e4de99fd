package enum PlaceholderAccess {}
