"""What is read of Azure's responses: the bodies as declared types, and the values of core made from them."""
