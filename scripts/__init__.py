"""Tools of the checkout: installing Asterisk, softphones, benchmarks. Not part of the installed switch."""
