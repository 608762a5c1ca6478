"""A plain, slow, independent reading of the attribution rules, to hold other code against."""
