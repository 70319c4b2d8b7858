package main

import "testing"

func TestNotificationsAreOffUnlessAskedFor(t *testing.T) {
	if c := defaultConfig().Notifications; c.Driver != notificationsOff || c.Check() != nil {
		t.Errorf("by default they are %+v", c)
	}
	for _, c := range []NotificationsConfig{
		{Driver: "messaging"}, {Driver: notificationsOn}, {Driver: notificationsOn, Topics: []string{""}},
	} {
		if c.Check() == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	on := NotificationsConfig{Driver: notificationsOn, Topics: []string{"notifications"}}
	if err := on.Check(); err != nil {
		t.Error(err)
	}
}
