// Package flowtest holds any flow to what oslo/flow needs of it: that each step may fail, each undo may be repeated, and the
// process may die at every boundary, and it still ends done or undone.
package flowtest
