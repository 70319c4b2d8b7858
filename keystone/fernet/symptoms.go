package fernet

import (
	"fmt"
	"os"
	"slices"
)

// Symptoms are what is wrong with the repository, in words. As keystone/cmd/doctor/tokens_fernet.py.
func (k *Keys) Symptoms() []string {
	var found []string
	numbers, err := k.numbers()
	switch {
	case err != nil:
		return []string{fmt.Sprintf("%s cannot be read (%v): `cumulet keystone fernet-setup` makes it", k.Folder, err)}
	case len(numbers) == 0:
		return []string{k.Folder + " has no keys: `cumulet keystone fernet-setup` makes them"}
	case len(numbers) == 1 && numbers[0] == 0:
		found = append(found, k.Folder+" has no primary key: rotate")
	case !slices.Contains(numbers, 0):
		found = append(found, k.Folder+" has no staged key: rotate, and copy the keys to the other keystones before the next time")
	}
	if most := max(k.MaxActive, 3); len(numbers) > most {
		found = append(found, fmt.Sprintf("%s has %d keys, and a rotation leaves %d: rotate", k.Folder, len(numbers), most))
	}
	for _, n := range numbers {
		if _, err := k.read(n); err != nil {
			found = append(found, fmt.Sprintf("%s: %v", k.file(n), err))
		}
		if info, err := os.Stat(k.file(n)); err == nil && info.Mode().Perm()&0o077 != 0 {
			found = append(found, fmt.Sprintf("%s can be read by others: chmod 600", k.file(n)))
		}
	}
	if info, err := os.Stat(k.Folder); err == nil && info.Mode().Perm()&0o077 != 0 {
		found = append(found, fmt.Sprintf("%s is open to others: chmod 700", k.Folder))
	}
	return found
}
