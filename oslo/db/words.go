package db

import (
	"bytes"
	"io/fs"
	"regexp"
)

// words are an engine's for those of our migrations, which are written as SQLite and PostgreSQL both read them. They
// apply in their order.
type words []word

type word struct {
	ours   *regexp.Regexp
	theirs string
}

// translated are migrations in an engine's words.
type translated struct {
	fs.FS
	words words
}

// Open gives a migration translated.
func (t translated) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	text, err := fs.ReadFile(t.FS, name)
	if err != nil {
		return nil, err
	}
	for _, w := range t.words {
		text = w.ours.ReplaceAll(text, []byte(w.theirs))
	}
	return &translation{File: f, text: bytes.NewReader(text)}, nil
}

// translation is a translated file; its size is what has been translated.
type translation struct {
	fs.File
	text *bytes.Reader
}

func (t *translation) Read(p []byte) (int, error) { return t.text.Read(p) }
