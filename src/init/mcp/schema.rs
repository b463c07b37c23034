//! The schema: an action for each tool.

use super::{Server, derived};
use crate::repository::{Parameter, Risk, Shape, cedar_name, cedar_text, record_text};

/// The text, and how many arguments have no type in Cedar.
pub(super) fn schema(server: &Server<'_>) -> (String, usize) {
    let mut out = format!(
        "// The tools of `{name}`, from tools/{name}.json.\n\
         //\n\
         // `input` holds the arguments of a call: the agent writes them. `approver` is who approved it: it comes from what runs\n\
         // the agent, never from the agent. `@risk` says what a call may do at worst. It is taken from what the server says of\n\
         // its tools, which nobody has checked, and from their names: look at each.\n\n\
         entity Team;\n\nentity User in [Team];\n\n@inventory\nentity Agent in [Team] = {{\n  owner: User,\n}};\n\nentity System;\n",
        name = server.name
    );
    out.push_str("\n// By risk. Everything but a read is a change.\n");
    let all = cedar_name(&server.all_changes());
    if server.changes().next().is_some() {
        out.push_str(&format!("action {all};\n"));
    }
    for risk in Risk::ALL {
        if server.of(&[risk]).next().is_none() {
            continue;
        }
        let group = cedar_name(&server.group(risk));
        out.push_str(&match risk {
            Risk::Read => format!("action {group};\n"),
            _ => format!("action {group} in [{all}];\n"),
        });
    }
    let mut left_out = 0;
    for (tool, risk) in server.tools.values() {
        left_out += tool.input.iter().map(open).sum::<usize>();
        let approver = match risk {
            Risk::Read => "",
            _ => "    approver?: User,\n",
        };
        let derived: String = derived::of(tool)
            .map(|fact| format!("    {}?: {},\n", fact.name, fact.ty))
            .collect();
        out.push_str(&format!(
            "\n@risk(\"{}\")\n@tool({})\naction {} in [{}] appliesTo {{\n  principal: [Agent],\n  resource: [System],\n  context: {{\n    input: {},\n{derived}{approver}  }},\n}};\n",
            risk.name(),
            cedar_text(&format!("{}/{}", server.name, tool.name)),
            cedar_name(&tool.name),
            cedar_name(&server.group(*risk)),
            record_text(&tool.input, 4),
        ));
    }
    (out, left_out)
}

/// How many parts of an argument have no type in Cedar.
fn open(parameter: &Parameter) -> usize {
    fn of(shape: &Shape) -> usize {
        match shape {
            Shape::Open(_) => 1,
            Shape::Array(items) => of(items),
            Shape::Record(members) => members.iter().map(|one| of(&one.shape)).sum(),
            Shape::Text(_) | Shape::Integer | Shape::Number | Shape::Bool => 0,
        }
    }
    of(&parameter.shape)
}
