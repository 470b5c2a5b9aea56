"""The languages that a code block of Notion may name."""

_NAMES = """
abap arduino bash basic c c# c++ clojure coffeescript css dart diff docker elixir elm erlang f# flow fortran
gherkin glsl go graphql groovy haskell html java javascript json julia kotlin latex less lisp livescript lua
makefile markdown markup matlab mermaid nix objective-c ocaml pascal perl php powershell prolog protobuf
python r reason ruby rust sass scala scheme scss shell sql swift typescript vb.net verilog vhdl webassembly
xml yaml
"""
LANGUAGES = frozenset(_NAMES.split())
