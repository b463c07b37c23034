//! Items of logs: an object is one record, an array holds several.

use super::malformed::from_item;
use super::{Item, Malformed};
use crate::model::Json;
use std::collections::BTreeMap;

/// The members of an object.
pub(super) type Members = BTreeMap<String, Json>;

/// One record of a log.
#[derive(Debug, PartialEq)]
pub(super) struct Record {
    /// Tells it from the other records of its recording, where it does not name itself.
    pub(super) place: String,
    /// Its members, or why it has none.
    pub(super) members: Result<Members, String>,
}

/// The records of an item, named after the recording's stem, the line, and the place in the array.
pub(super) fn records(item: &Item, stem: &str) -> Result<Vec<Record>, Malformed> {
    let place = format!("{stem}:{}", item.line);
    let all = match from_item(item)? {
        Json::Array(items) => {
            let records = items.into_iter().enumerate();
            let record = |(at, json)| (format!("{place}/{at}"), json);
            records.map(record).collect()
        }
        json => vec![(place, json)],
    };
    let record = |(place, json)| Record {
        place,
        members: members(json),
    };
    Ok(all.into_iter().map(record).collect())
}

/// The members of what should be an object.
pub(super) fn members(json: Json) -> Result<Members, String> {
    match json {
        Json::Object(members) => Ok(members),
        other => Err(format!("this is {}, not an object", other.kind())),
    }
}

/// Takes a member; `null` is absence.
pub(super) fn take(members: &mut Members, key: &str) -> Option<Json> {
    members.remove(key).filter(|json| json != &Json::Null)
}

/// Takes a member that must be an object where it is there.
pub(super) fn take_object(members: &mut Members, key: &str) -> Result<Option<Members>, String> {
    match take(members, key) {
        None => Ok(None),
        Some(Json::Object(inner)) => Ok(Some(inner)),
        Some(other) => Err(format!("`{key}` is {}, not an object", other.kind())),
    }
}

/// Takes a member that must be an array where it is there.
pub(super) fn take_array(members: &mut Members, key: &str) -> Result<Vec<Json>, String> {
    match take(members, key) {
        None => Ok(Vec::new()),
        Some(Json::Array(items)) => Ok(items),
        Some(other) => Err(format!("`{key}` is {}, not an array", other.kind())),
    }
}

/// The text of a member.
pub(super) fn text<'m>(members: &'m Members, key: &str) -> Option<&'m str> {
    members.get(key).and_then(Json::as_str)
}

/// The text of a member that must be one.
pub(super) fn needed_text(members: &Members, key: &str) -> Result<String, String> {
    match members.get(key) {
        Some(Json::String(text)) => Ok(text.clone()),
        None | Some(Json::Null) => Err(format!("`{key}` is missing")),
        Some(other) => Err(format!("`{key}` is {}, not a string", other.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Record> {
        let item = Item {
            bytes: text.as_bytes().to_vec(),
            line: 3,
        };
        records(&item, "log").expect("JSON")
    }

    #[test]
    fn an_object_is_one_record_and_an_array_holds_several() {
        let [one] = &of(r#"{"a":1}"#)[..] else {
            panic!("one record");
        };
        assert_eq!(one.place, "log:3");
        assert_eq!(one.members.as_ref().map(BTreeMap::len), Ok(1));
        let several = of("[{},7,null]");
        let places: Vec<_> = several.iter().map(|record| record.place.as_str()).collect();
        assert_eq!(places, ["log:3/0", "log:3/1", "log:3/2"]);
        let fault = |at: usize| several[at].members.clone().expect_err("no object");
        assert_eq!(fault(1), "this is an integer, not an object");
        assert_eq!(fault(2), "this is null, not an object");
        assert_eq!(of("[]"), []);
    }
}
