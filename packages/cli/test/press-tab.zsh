# Types a command line into an interactive zsh that has sourced $1, presses Tab, and prints what the line is then. $2: the line.
zmodload zsh/zpty
answer=$(mktemp -d)/line
zpty shell zsh -f -i
zpty -w shell "PS1=; autoload -Uz compinit && compinit -u -D; source $1; tell() { zle expand-or-complete; print -r -- \"\$BUFFER\" > $answer.new; mv $answer.new $answer; }; zle -N tell; bindkey '^I' tell; print rea''dy"
zpty -r -m shell line '*ready*'
zpty -w -n shell "$2"$'\t'
while [[ ! -s $answer ]]; do sleep 0.02; done
cat $answer
rm -r ${answer:h}
zpty -d shell
