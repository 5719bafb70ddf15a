package assay.builtins

default any_of(_) = false

any_of(values) {
	values[_] == true
}

default all_of(_) = false

all_of(values) {
	count([value | value := values[_]; value == true]) == count(values)
}

set_diff(left, right) = left - right
