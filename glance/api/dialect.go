package api

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// dialect words refusals as WebOb's error pages: HTML, JSON or plain text, as the caller accepts.
func dialect(keystoneURL string) rest.Dialect {
	return rest.Dialect{
		Status: map[fault.Kind]int{fault.Quota: 413},
		Named:  map[string]int{"MalformedRequestBody": 400},
		Body: func(c *rest.Call, status int, f *fault.Fault) any {
			return page(c.Request.Header.Get("Accept"), status, f)
		},
		Schema: func(e rest.SchemaError) *fault.Fault {
			return glance.Invalid("Provided object does not match schema 'image': %s", e.Message)
		},
		Refusal: func(rule string) string {
			return fmt.Sprintf("You are not authorized to complete %s action.", rule)
		},
		Unauthorized: func(c *rest.Call, h http.Header) any {
			h.Set("WWW-Authenticate", fmt.Sprintf("Keystone uri=%q", keystoneURL))
			return page(c.Request.Header.Get("Accept"), http.StatusUnauthorized, nil)
		},
	}
}

// page is a refusal as webob/exc.py, WSGIHTTPException, writes it. f may be nil.
func page(accept string, status int, f *fault.Fault) any {
	title := title(status)
	line := strconv.Itoa(status) + " " + title
	explanation, detail := texts(status, f)
	switch offer(accept) {
	case "text/html":
		return rest.Page{Type: "text/html; charset=UTF-8", Text: "<html>\n <head>\n  <title>" + line + "</title>\n </head>\n <body>\n  <h1>" +
			line + "</h1>\n  " + body(status, escape(explanation), escape(detail)) + "\n </body>\n</html>"}
	case "application/json":
		return map[string]string{"message": body(status, explanation, detail), "code": line, "title": title}
	}
	text := stripTags(body(status, explanation, detail))
	return rest.Page{Type: "text/plain; charset=UTF-8", Text: line + "\n\n" + text}
}

// stripTags is webob/exc.py's strip_tags: what looks like markup goes, even where the caller wrote it.
func stripTags(s string) string {
	s = strings.NewReplacer("\n", " ", "\r", "", "<br />", "\n", "<!--", "", "-->", "").Replace(s)
	return regexp.MustCompile(`(?s)<.*?>`).ReplaceAllString(s, "")
}

// body is the part that differs. Two statuses have templates of their own.
func body(status int, explanation, detail string) string {
	switch status {
	case http.StatusMethodNotAllowed:
		return explanation + " <br /><br />\n" + detail
	case http.StatusUnsupportedMediaType:
		return explanation + "\n<br /><br />\n" + detail
	}
	return explanation + "<br /><br />\n" + detail + "\n\n"
}

// texts are what a fault says: in place of the status's own explanation, or below it.
func texts(status int, f *fault.Fault) (explanation, detail string) {
	own := explanations(status)
	switch {
	case f == nil || own == "" && f.Text == "":
		return own, ""
	case status == http.StatusInternalServerError:
		return own, ""
	case status == http.StatusMethodNotAllowed, own == "":
		return f.Text, ""
	case f.Details[glance.Detail] == true:
		return own, f.Text
	}
	return f.Text, ""
}

// explanations are WebOb's own, of the statuses whose pages show them.
func explanations(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The server could not comply with the request since it is either malformed or otherwise incorrect."
	case http.StatusUnauthorized:
		return "This server could not verify that you are authorized to access the document you requested. Either you supplied " +
			"the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required."
	case http.StatusForbidden:
		return "Access was denied to this resource."
	case http.StatusNotFound:
		return "The resource could not be found."
	case http.StatusConflict:
		return "There was a conflict when trying to complete your request."
	case http.StatusUnsupportedMediaType:
		return "The request media type application/octet-stream is not supported by this server."
	case http.StatusRequestedRangeNotSatisfiable:
		return "The Range requested is not available."
	case http.StatusInternalServerError:
		return "The server has either erred or is incapable of performing the requested operation."
	case http.StatusServiceUnavailable:
		return "The server is currently unavailable. Please try again at a later time."
	}
	return ""
}

// title is the status's reason as WebOb has it, which for two is an older one than Go's.
func title(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "Request Entity Too Large"
	case http.StatusRequestedRangeNotSatisfiable:
		return "Request Range Not Satisfiable"
	}
	return http.StatusText(status)
}

// escape is Python's html.escape.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;").Replace(s)
}

// offer picks of HTML and JSON what the caller likes better; "" when neither, as when it says nothing.
func offer(accept string) string {
	best, chosen := 0.0, ""
	for _, kind := range []string{"text/html", "application/json"} {
		if q := quality(accept, kind); q > best {
			best, chosen = q, kind
		}
	}
	return chosen
}

// quality is how much an Accept header likes a media type; the most specific range that fits counts.
func quality(accept, kind string) float64 {
	family, _, _ := strings.Cut(kind, "/")
	liked, specific := 0.0, -1
	for _, part := range strings.Split(accept, ",") {
		media, parameters, _ := strings.Cut(part, ";")
		q := 1.0
		for _, p := range strings.Split(parameters, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				if f, err := strconv.ParseFloat(v, 64); err == nil {
					q = f
				}
			}
		}
		rank := map[string]int{"*/*": 0, family + "/*": 1, kind: 2}
		if r, fits := rank[strings.ToLower(strings.TrimSpace(media))]; fits && r > specific {
			liked, specific = q, r
		}
	}
	return liked
}
