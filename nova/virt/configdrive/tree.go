package configdrive

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// nameForm is what a name in the image may be: it is the same in both of its directory trees, whose longest names are
// 31 (ISO 9660 level 2) and 64 (Joliet) characters with the version ";1".
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,28}$`)

// node is a folder (with children) or a file (with data).
type node struct {
	name     string
	folder   bool
	data     []byte
	children []*node
	parent   *node
	block    [2]uint32 // where it lies; a folder once for each tree
	number   int       // of a folder in the path table, from 1
}

// grow makes the tree of files by path.
func grow(files map[string][]byte) (*node, error) {
	root := &node{folder: true}
	root.parent = root
	for path, data := range files {
		at := root
		names := strings.Split(path, "/")
		if len(names) > 7 {
			return nil, fmt.Errorf("config drive: %q lies too deep", path)
		}
		for i, name := range names {
			if !nameForm.MatchString(name) {
				return nil, fmt.Errorf("config drive: %q is no path for it", path)
			}
			last := i == len(names)-1
			child := at.child(name)
			if child == nil {
				child = &node{name: name, folder: !last, parent: at}
				at.children = append(at.children, child)
			}
			if child.folder == last {
				return nil, fmt.Errorf("config drive: %q is a file and a folder", name)
			}
			at = child
		}
		at.data = data
	}
	return root, nil
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// folders lists the folders level by level and sorted within, which is the order of a path table; and numbers them.
func (n *node) folders() []*node {
	list := []*node{n}
	for i := 0; i < len(list); i++ {
		list[i].number = i + 1
		slices.SortFunc(list[i].children, func(a, b *node) int { return cmp.Compare(a.name, b.name) })
		for _, c := range list[i].children {
			if c.folder {
				list = append(list, c)
			}
		}
	}
	return list
}
