package manager

import "errors"

var errUnderWay = errors.New("under way")
