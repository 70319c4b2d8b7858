package manager

import "testing"

func TestAccessAddressesAreWrittenInTheirUsualForm(t *testing.T) {
	for given, want := range map[string]string{
		"0000:0000:0000:0000:0000:babe:220.12.22.2": "::babe:dc0c:1602",
		"1.1.1.1": "1.1.1.1",
		"":        "",
	} {
		if got := written(given); got != want {
			t.Errorf("%q is written %q, want %q", given, got, want)
		}
	}
}
