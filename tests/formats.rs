//! Every format of the decision-diff report: complete, bounded, inert and the same from run to run.

#[path = "support/documents.rs"]
mod documents;

#[test]
fn the_samples_add_up() {
    let document = documents::realistic();
    let traffic = document.traffic.as_ref().unwrap();
    let flow: u64 = document.flow.iter().map(|cell| cell.actions).sum();
    assert_eq!(flow, traffic.actions);
    let classes: u64 = document.classes.iter().map(|class| class.actions).sum();
    assert_eq!(classes, traffic.actions);
    for class in &document.classes {
        let groups = document
            .groups
            .iter()
            .filter(|group| group.class == class.class);
        let grouped: u64 = groups.map(|group| group.actions).sum();
        if class.class != agentauthz::model::ChangeClass::Unchanged {
            assert_eq!(grouped, class.actions, "{}", class.class);
        }
    }
    assert_eq!(document.groups.len(), 12);
    assert_eq!(documents::many_groups().groups.len(), 500);
    let hostile = serde_json::to_string(&documents::hostile()).unwrap();
    assert!(hostile.len() > 8 << 20, "{}", hostile.len());
    assert_ne!(documents::extreme(), documents::clean());
    assert_eq!(documents::empty().groups, []);
}
