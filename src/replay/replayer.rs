//! Recorded actions decided under one side, by the fast lane where it takes them, and counted.

use super::{Denied, ReplayReport, observe};
use crate::engine::{
    Chunk, Engine, Ground, Ids, Incoming, Lane, LeftBy, LineWorker, Merge, Place, Sample, Side,
    Track, Worker, each_line,
};
use std::borrow::Cow;
use std::sync::Arc;

/// A side, ready to decide recorded actions.
pub struct Replayer<'a> {
    side: &'a Side<'a>,
    track: Option<Track<'a>>,
    /// Why nothing is compiled that was to be.
    off: Option<LeftBy>,
    verify: usize,
    /// Whether it is listed what is denied.
    denied: bool,
}

impl<'a> Replayer<'a> {
    /// Compiles the side, where its engine is to be the compiled one. `verify` actions are kept to be verified.
    pub fn new(ground: &'a Ground, side: &'a Side<'a>, verify: usize) -> Self {
        let compiled = side.engine() == Engine::Compiled;
        let track = compiled.then(|| Track::of_one(ground, side)).flatten();
        let off = compiled && track.is_none();
        Self {
            side,
            track,
            off: off.then(|| LeftBy::nothing_compiled(&[side])),
            verify,
            denied: false,
        }
    }

    /// Lists what is denied, action by action. The fast lane only counts, so nothing is compiled then.
    #[must_use]
    pub fn listing_denied(mut self) -> Self {
        (self.track, self.off, self.denied) = (None, None, true);
        self
    }

    /// A worker for one thread. What several workers finish with adds up in any order.
    pub fn worker(&self) -> ReplayWorker<'_> {
        ReplayWorker {
            replayer: self,
            lane: self.track.as_ref().map(Track::lane),
            stopped: None,
            report: ReplayReport {
                sample: Sample::new(self.verify),
                denied: self.denied.then(Denied::default),
                ..ReplayReport::default()
            },
        }
    }
}

/// Decides recorded actions on one thread.
pub struct ReplayWorker<'r> {
    replayer: &'r Replayer<'r>,
    lane: Option<Lane<'r, 'r>>,
    /// Where the lane gave up the line that is read in full next.
    stopped: Option<LeftBy>,
    report: ReplayReport,
}

impl LineWorker for ReplayWorker<'_> {
    fn line<'l>(&mut self, recording: &Arc<str>, at: u64, text: &'l str) -> Option<Cow<'l, str>> {
        let lane = self.lane.as_mut()?;
        let Some(id) = lane.take(recording, at, text) else {
            self.stopped = Some(lane.stopped());
            return None;
        };
        if self.replayer.verify > 0 {
            let place = Place {
                recording: recording.clone(),
                line: at,
            };
            self.report.sample.offer(&place, &id, || text.to_owned());
        }
        if lane.is_full() {
            self.hand_over();
        }
        Some(id)
    }

    fn observe(&mut self, incoming: Incoming) {
        if self.replayer.verify > 0
            && let Incoming::Action(place, action) = &incoming
        {
            let text = || serde_json::to_string(action).unwrap_or_default();
            self.report.sample.offer(place, &action.id, text);
        }
        let stopped = self.stopped.take();
        if let Incoming::Action(_, action) = &incoming {
            let reason = match &self.replayer.track {
                Some(track) => Some(track.left_by(action, stopped)),
                None => self.replayer.off,
            };
            if let Some(reason) = reason {
                self.report.left.add(reason, action.count());
            }
        }
        let (side, report) = (self.replayer.side, &mut self.report);
        let Some(lane) = &mut self.lane else {
            observe(side, report, incoming);
            return;
        };
        if let Some((place, action)) = report.volume.read(incoming) {
            let (verdict, interpreted) = lane.decide(side, &action);
            report.interpreted += u64::from(interpreted) * action.count();
            report.tally.count(&place, &action, &verdict);
        }
    }
}

impl Worker for ReplayWorker<'_> {
    type Result = ReplayReport;

    fn chunk(&mut self, chunk: &Chunk<'_>, ids: &mut Ids) -> Option<u64> {
        each_line(self, chunk, ids)
    }

    fn incoming(&mut self, incoming: Incoming) {
        self.observe(incoming);
    }

    fn finish(mut self) -> ReplayReport {
        self.hand_over();
        self.report
    }
}

impl ReplayWorker<'_> {
    fn hand_over(&mut self) {
        if let (Some(lane), Some(track)) = (&mut self.lane, &self.replayer.track) {
            let mut counts = lane.hand_over();
            self.report.volume.merge(counts.taken_volume());
            let head = std::mem::take(&mut counts.head);
            let (_, plan) = track.plans();
            let tally = head.tally(plan, &counts.agents, track.names());
            self.report.tally.merge(tally);
        }
    }
}
