//! `agentauthz import --explain`: how one call becomes a request.

use super::args::ImportArgs;
use super::error::CliError;
use super::import::by_what;
use super::output::{Output, Report};
use super::recordings::Input;
use crate::engine::{By, Changing, Incoming, Place, Trace};
use crate::model::{RecordedAction, WrittenRequest};
use crate::recording::Redaction;
use crate::render::{self, Header};
use std::sync::Arc;

struct Explained {
    header: Header,
    /// The file of the mapping.
    file: String,
    place: Place,
    action: Box<RecordedAction>,
    trace: Trace,
}

impl Report for Explained {
    fn terminal(&self) -> String {
        let call = (&self.place, self.action.as_ref());
        render::traced(&self.header, &self.file, call, &self.trace)
    }

    fn json(&self) -> serde_json::Value {
        let call = (&self.place, self.action.as_ref());
        render::traced_json(&self.file, call, &self.trace)
    }
}

/// Explains the call with this id; without one, the first call that there is.
pub fn run(args: &ImportArgs, id: &str, output: &Output) -> Result<u8, CliError> {
    let rules = by_what(args)?;
    let (Some(schema), Some(mapping)) = (&rules.schema, &rules.mapping) else {
        return Err(CliError::new("there is no mapping to explain")
            .with_help("run it in a policy repository with a schema and a mapping"));
    };
    let mut found: Option<(Place, Box<RecordedAction>)> = None;
    let mut input = Input::new(&args.files, args.from)?.allowing(args.malformed);
    input.layout = rules.layout.map(Arc::new);
    input.changing = Changing::of([mapping]);
    let by = By {
        mapping,
        schema,
        store: rules.store.as_ref(),
        patches: None,
    };
    input.each(output, |incoming| {
        if let Incoming::Action(place, action) = incoming
            && found.is_none()
            && action.call.is_some()
            // What is of a corpus has no call to map, but for the name of its tool.
            && action.corpus.is_none()
            && (id.is_empty() || action.id == id)
        {
            found = Some((place, action));
        }
        Ok(())
    })?;
    let Some((place, mut action)) = found else {
        let error = match id {
            "" => CliError::new("there is no tool call in these recordings"),
            id => CliError::new(format!(
                "no tool call of these recordings has the id `{id}`"
            ))
            .with_help("`--explain` alone explains the first call; `import` writes the ids of all"),
        };
        return Err(error);
    };
    // As it would be written: what is taken out before that is not shown either.
    let redaction = Redaction::from(&args.redacting);
    let kept = redaction.apply(&mut action).and_then(|redacted| {
        redacted.hidden(&action)?;
        let call = action.call.as_ref();
        match call.map(|call| by.map(&action, call)) {
            Some(Ok(mut mapped)) => {
                redaction.looked_up(&mut mapped.entities)?;
                redaction.made(&WrittenRequest::from(mapped.request))
            }
            Some(Err(_)) | None => Ok(()),
        }
    });
    if let Err(message) = kept {
        return Err(CliError::new(format!("{place} {message}")));
    }
    let trace = action.call.as_ref().map(|call| by.trace(&action, call));
    let Some(trace) = trace else {
        return Err(CliError::new("there is no tool call in these recordings"));
    };
    rules.look_ups.end()?;
    output.write(&Explained {
        header: output.header(None, Vec::new()),
        file: mapping.file.to_string(),
        place,
        action,
        trace,
    })?;
    Ok(0)
}
