package api

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

func (a *API) taskRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v2/images/{id}/tasks", Rule: "get_image", Status: 200, Run: rest.Get(a.listImageTasks)},
		{Do: "GET /v2/tasks", Rule: "tasks_api_access", Status: 200, Run: rest.Get(a.listTasks)},
		{Do: "POST /v2/tasks", Rule: "tasks_api_access", Status: 201, Run: rest.Get(a.createTask)},
		{Do: "GET /v2/tasks/{id}", Rule: "tasks_api_access", Status: 200, Run: rest.Get(a.showTask)},
		{Do: "DELETE /v2/tasks/{id}", Rule: "tasks_api_access", Status: 204, Run: rest.Do(a.deleteTask)},
	}
}

// taskView is a task as clients see it, as glance/api/v2/tasks.py, ResponseSerializer._format_task; of a list, without what
// was asked for and what came of it.
type taskView struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Status    string          `json:"status"`
	Owner     string          `json:"owner"`
	Input     json.RawMessage `json:"input,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Message   *string         `json:"message,omitempty"`
	ImageID   string          `json:"image_id,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
	UserID    string          `json:"user_id,omitempty"`
	ExpiresAt string          `json:"expires_at,omitempty"`
	CreatedAt string          `json:"created_at"`
	UpdatedAt string          `json:"updated_at"`
	Self      string          `json:"self"`
	Schema    string          `json:"schema"`
}

func taskStub(t glance.Task) taskView {
	v := taskView{
		ID: t.ID, Type: t.Type, Status: string(t.Status), Owner: t.Owner, CreatedAt: isoTime(t.CreatedAt), UpdatedAt: isoTime(t.UpdatedAt),
		Self: "/v2/tasks/" + t.ID, Schema: "/v2/schemas/task",
	}
	if t.ExpiresAt != nil {
		v.ExpiresAt = isoTime(*t.ExpiresAt)
	}
	return v
}

func viewTask(t glance.Task) taskView {
	v := taskStub(t)
	v.Input, v.Result, v.Message = t.Input, t.Result, &t.Message
	v.ImageID, v.RequestID, v.UserID = t.ImageID, t.RequestID, t.UserID
	return v
}

type tasksView struct {
	Tasks  []taskView `json:"tasks"`
	First  string     `json:"first"`
	Next   string     `json:"next,omitempty"`
	Schema string     `json:"schema"`
}

func (a *API) listTasks(ctx context.Context, c *rest.Call) (tasksView, error) {
	v := tasksView{Tasks: []taskView{}, Schema: "/v2/schemas/tasks"}
	if err := c.Authorize(c.Mine()); err != nil {
		return v, err
	}
	f, err := a.readTaskFilter(c.Query())
	if err != nil {
		return v, err
	}
	tasks, err := a.Registry.Tasks(ctx, caller(c), f)
	if err != nil {
		return v, err
	}
	for _, t := range tasks {
		v.Tasks = append(v.Tasks, taskStub(t))
	}
	v.First = pageLink("/v2/tasks", c.Request.URL.RawQuery, "")
	if n := len(tasks); n > 0 && n == f.Limit {
		v.Next = pageLink("/v2/tasks", c.Request.URL.RawQuery, tasks[n-1].ID)
	}
	return v, nil
}

// readTaskFilter reads what a list of tasks is asked for, as glance/api/v2/tasks.py, RequestDeserializer.index.
func (a *API) readTaskFilter(q url.Values) (glance.TaskFilter, error) {
	f := glance.TaskFilter{
		Status: glance.TaskStatus(q.Get("status")), Type: q.Get("type"), SortKey: "created_at", Marker: q.Get("marker"), Limit: a.Config.PageLimit,
	}
	switch way := q.Get("sort_dir"); way {
	case "", "desc":
	case "asc":
		f.Up = true
	default:
		return f, glance.Invalid("Invalid sort direction: %s", way)
	}
	if key := q.Get("sort_key"); key != "" {
		f.SortKey = key
	}
	if !slices.Contains([]string{"id", "type", "status", "owner", "created_at", "updated_at"}, f.SortKey) {
		return f, glance.Invalid("Sort key supplied was not valid.")
	}
	known := []glance.TaskStatus{"", glance.TaskPending, glance.TaskProcessing, glance.TaskSuccess, glance.TaskFailure}
	if !slices.Contains(known, f.Status) {
		return f, glance.Invalid("Invalid status value: %s", f.Status)
	}
	if f.Type != "" && f.Type != glance.ImportTask {
		return f, glance.Invalid("Invalid type value: %s", f.Type)
	}
	if f.Marker != "" {
		if _, err := uuid.Parse(f.Marker); err != nil {
			return f, glance.Invalid("Invalid marker format")
		}
	}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		switch {
		case err != nil:
			return f, glance.Invalid("limit param must be an integer")
		case n < 0:
			return f, glance.Invalid("limit param must be positive")
		}
		f.Limit = n
	}
	f.Limit = min(f.Limit, a.Config.PageMax)
	return f, nil
}

func (a *API) showTask(ctx context.Context, c *rest.Call) (taskView, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return taskView{}, err
	}
	t, err := a.Registry.Task(ctx, caller(c), c.Path("id"))
	return viewTask(t), err
}

// deleteTask refuses: tasks are forgotten in time.
func (a *API) deleteTask(_ context.Context, c *rest.Call) error {
	if err := c.Authorize(c.Mine()); err != nil {
		return err
	}
	c.Header().Set("Allow", "GET")
	return fault.New(fault.NotAllowed, "HTTPMethodNotAllowed", "This operation is currently not permitted on Glance Tasks. "+
		"They are auto deleted after reaching the time based on their expires_at property.")
}

// imageTask is a task as the list of an image's tasks has it: upstream gives the row as it is, glance/api/v2/images.py,
// ImagesController.get_task_info.
type imageTask struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Status    string          `json:"status"`
	Owner     string          `json:"owner"`
	Input     json.RawMessage `json:"input"`
	Result    json.RawMessage `json:"result"`
	Message   string          `json:"message"`
	ImageID   string          `json:"image_id"`
	RequestID string          `json:"request_id"`
	UserID    string          `json:"user_id"`
	ExpiresAt *string         `json:"expires_at"`
	CreatedAt string          `json:"created_at"`
	UpdatedAt string          `json:"updated_at"`
	Deleted   bool            `json:"deleted"`
	DeletedAt *string         `json:"deleted_at"`
}

type imageTasksView struct {
	Tasks []imageTask `json:"tasks"`
}

func (a *API) listImageTasks(ctx context.Context, c *rest.Call) (imageTasksView, error) {
	v := imageTasksView{Tasks: []imageTask{}}
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err == nil {
		err = authorize(c, "get_image", i)
	}
	if fault.Of(err) != nil {
		return v, unseen(err)
	}
	if err != nil {
		return v, err
	}
	tasks, err := a.Registry.ImageTasks(ctx, caller(c), i.ID)
	for _, t := range tasks {
		one := imageTask{
			ID: t.ID, Type: t.Type, Status: string(t.Status), Owner: t.Owner, Input: t.Input, Result: t.Result, Message: t.Message,
			ImageID: t.ImageID, RequestID: t.RequestID, UserID: t.UserID, CreatedAt: bareTime(t.CreatedAt), UpdatedAt: bareTime(t.UpdatedAt),
		}
		if t.ExpiresAt != nil {
			one.ExpiresAt = new(bareTime(*t.ExpiresAt))
		}
		v.Tasks = append(v.Tasks, one)
	}
	return v, err
}

// bareTime is a time as upstream's rows come out in JSON.
func bareTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000") }
