package chdb

import (
	"fmt"
	"unsafe"
)

// Insert is an INSERT whose data arrives in pieces. It is an io.Writer; end it
// with exactly one of Done and Cancel.
type Insert struct {
	lib    *Library
	handle unsafe.Pointer
}

// Insert starts an INSERT statement, written without a FORMAT clause; the data
// is in format. The session runs nothing else until Done or Cancel.
func (c *Conn) Insert(sql, format string, params Params) (*Insert, error) {
	handle := c.call(c.lib.insertOpen, sql, format, params)
	if handle == nil {
		return nil, fmt.Errorf("the engine opened no insert")
	}
	if text := c.lib.insertError(handle); text != "" {
		c.lib.insertDestroy(handle)
		return nil, newError(text)
	}
	return &Insert{c.lib, handle}, nil
}

// Write hands data to the engine and blocks while its queue is full. Pieces
// need not end at a row or block boundary.
func (i *Insert) Write(data []byte) (int, error) {
	if len(data) == 0 {
		return 0, nil
	}
	if i.lib.insertAppend(i.handle, &data[0], uintptr(len(data))) != 0 {
		return 0, newError(i.lib.insertError(i.handle))
	}
	return len(data), nil
}

// Done commits. Only when err is nil are the rows in the table.
func (i *Insert) Done() (rows uint64, err error) {
	defer i.destroy()
	r, err := i.lib.result(i.lib.insertDone(i.handle))
	if err != nil {
		return 0, err
	}
	defer r.Free()
	return r.RowsWritten(), nil
}

// Cancel drops the statement.
func (i *Insert) Cancel() {
	i.lib.insertCancel(i.handle)
	i.destroy()
}

func (i *Insert) destroy() {
	i.lib.insertDestroy(i.handle)
	i.handle = nil
}
