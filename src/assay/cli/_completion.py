"""Completion scripts for bash, zsh and fish, made from the parsers of all commands.

The scripts hold what there is to complete, so that pressing Tab starts no Python: for each command its next words,
its flags, which flags take a value, and the values where they are a closed set. A flag ``FORMAT[=PATH]`` has the
formats, and ``FORMAT=``, after which the shell completes files.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from assay.cli import _commands, _main, _parser


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag: its spellings, its values if they are a closed set, whether it takes one, and formats with a place."""

    names: tuple[str, ...]
    about: str
    takes_value: bool
    values: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """What may stand behind it."""
        return (*self.values, *(text for name in self.formats for text in (name, f"{name}=")))


@dataclass(frozen=True, slots=True)
class Node:
    """A command or group: `words` of it, `below` it, its flags, the closed sets of its arguments."""

    words: tuple[str, ...]
    below: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]
    values: tuple[str, ...]

    @property
    def key(self) -> str:
        """The words as one."""
        return " ".join(self.words)


def script(shell: str) -> str:
    """The script for a shell."""
    nodes = tuple(_nodes())
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](nodes)


def _nodes() -> Iterator[Node]:
    commands = _commands.discover()
    for words in ((), *commands):
        parser = _parser.build(words, commands) if words else _main.top(commands)
        below = tuple((one[-1], _commands.summary(commands[one])) for one in _commands.children(commands, words))
        arguments = (action for action in parser._actions if not action.option_strings)
        values = tuple(str(choice) for action in arguments for choice in action.choices or ())
        yield Node(words, below, tuple(map(_flag, _options(parser))), values)


def _options(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    return (action for action in parser._actions if action.option_strings)


def _flag(action: argparse.Action) -> Flag:
    about = (action.help or "").replace("%%", "%")
    values = tuple(str(choice) for choice in action.choices or ())
    return Flag(tuple(action.option_strings), about, action.nargs != 0, values, _parser.offered(action))


def _values(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str, str]]:
    """(command, flag, values separated by spaces) for flags that take one; no values: a file."""
    for node in nodes:
        for flag in node.flags:
            if flag.takes_value:
                yield from ((node.key, name, " ".join(flag.offered)) for name in flag.names)


_POSIX = """\
{head}
_assay_words() {{
    case "$1" in
{words}
    esac
}}
_assay_values() {{
    case "$1" in
{values}
    *) return 1 ;;
    esac
}}
{tail}
"""

_BASH_TAIL = """\
_assay() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" key="" word values
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case " $(_assay_words "$key") " in
            *" $word "*) case "$word" in -*) ;; *) key="${key:+$key }$word" ;; esac ;;
        esac
    done
    COMPREPLY=()
    if [[ "$current" == "=" ]]; then
        current=""
        previous="${COMP_WORDS[COMP_CWORD-1]}="
    elif [[ "$previous" == "=" ]]; then
        previous="${COMP_WORDS[COMP_CWORD-2]}="
    fi
    [[ "$previous" == -*= ]] && previous="${previous%=}"
    if [[ "$previous" == *= ]]; then
        return  # a file behind FORMAT=, which bash completes itself
    elif values="$(_assay_values "$key:$previous")"; then
        [ -n "$values" ] && COMPREPLY=($(compgen -W "$values" -- "$current"))
    elif [[ "$current" == -* || -z "$current" || "$(_assay_words "$key")" == *" "* ]]; then
        COMPREPLY=($(compgen -W "$(_assay_words "$key")" -- "$current"))
        [[ "$current" == -* ]] || COMPREPLY=($(printf '%s\\n' "${COMPREPLY[@]}" | grep -v '^-'))
    fi
}
complete -o default -F _assay assay"""

_ZSH_TAIL = """\
_assay() {
    local current="${words[CURRENT]}" previous="${words[CURRENT-1]}" key="" word values
    for word in "${(@)words[2,CURRENT-1]}"; do
        if [[ " $(_assay_words "$key") " == *" $word "* && "$word" != -* ]]; then
            key="${key:+$key }$word"
        fi
    done
    if values="$(_assay_values "$key:$previous")"; then
        if [[ -z "$values" ]]; then
            _files
        elif [[ "$current" == *=* && " $values " == *" ${current%%=*}= "* ]]; then
            compset -P '*='
            _files
        else
            compadd -- ${${=values}:#*=}
            compadd -S '' -- ${(M)${=values}:#*=}
        fi
    elif [[ "$current" == -* ]]; then
        compadd -- ${(M)${=$(_assay_words "$key")}:#-*}
    else
        compadd -- ${${=$(_assay_words "$key")}:#-*}
        _files
    fi
}
compdef _assay assay"""


def _posix(nodes: tuple[Node, ...], head: str, tail: str) -> str:
    words = (f'    "{node.key}") echo "{" ".join(_completions(node))}" ;;' for node in nodes)
    values = (f'    "{key}:{name}") echo "{known}" ;;' for key, name, known in _values(nodes))
    return _POSIX.format(head=head, words="\n".join(words), values="\n".join(values), tail=tail)


def _completions(node: Node) -> Iterator[str]:
    yield from (word for word, _ in node.below)
    yield from node.values
    for flag in node.flags:
        yield from flag.names


def _bash(nodes: tuple[Node, ...]) -> str:
    return _posix(nodes, "# bash completion of assay; source <(assay completion bash)", _BASH_TAIL)


def _zsh(nodes: tuple[Node, ...]) -> str:
    head = "#compdef assay\n(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D }"
    return _posix(nodes, head, _ZSH_TAIL)


_FISH_HEAD = """\
# fish completion of assay; assay completion fish | source
function __assay_at
    set -l typed (commandline -opc)[2..-1]
    set -l words
    for word in $typed
        string match -q -- '-*' $word; or set -a words $word
    end
    set -l wanted $argv
    set -l count (count $wanted)
    test (count $words) -ge $count; or return 1
    test $count -eq 0; or test "$words[1..$count]" = "$wanted"
end
function __assay_next
    set -l words
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or set -a words $word
    end
    test "$words" = "$argv"
end
function __assay_format
    set -l place (string match -r -g -- '^([^=]+=)(.*)$' (commandline -ct))
    if set -q place[1]; and contains -- "$place[1]" $argv
        __fish_complete_path "$place[2]" | string replace -r '^' -- "$place[1]"
    else
        printf '%s\n' $argv
    end
end
"""


def _fish(nodes: tuple[Node, ...]) -> str:
    return _FISH_HEAD + "".join(f"complete -c assay {line}\n" for node in nodes for line in _fish_lines(node))


def _fish_lines(node: Node) -> Iterator[str]:
    exactly = f"-n '__assay_next {node.key}'"
    for word, about in node.below:
        yield f"-f {exactly} -a {word} -d {_quoted(about)}"
    for value in node.values:
        yield f"-f {exactly} -a {value}"
    for flag in node.flags:
        names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names)
        yield f"-n '__assay_at {node.key}' {names}{_fish_value(flag)} -d {_quoted(flag.about)}"


def _fish_value(flag: Flag) -> str:
    if flag.formats:
        return f" -x -a {_quoted('(__assay_format ' + ' '.join(flag.offered) + ')')}"
    if flag.values:
        return f" -x -a {_quoted(' '.join(flag.values))}"
    return " -r" if flag.takes_value else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
