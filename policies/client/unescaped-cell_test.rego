package stageclear.client.unescaped_cell_test

import data.stageclear.client.unescaped_cell

at(line) := {"path": "src/Grid.tsx", "line": line, "column": 1, "end_line": line, "end_column": 9}

test_html_of_cells_is_denied if {
	count(unescaped_cell.deny) == 1 with input as {"browser_writes": [{"kind": "cell-html", "field": "name", "location": at(4)}]}
}

test_other_writes_pass if {
	count(unescaped_cell.deny) == 0 with input as {"browser_writes": [{"kind": "price", "field": "total", "location": at(4)}]}
}
