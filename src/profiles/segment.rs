//! Segments: the profiles of a subdomain that are alike in all that lists are filtered by.
//!
//! Each index of profiles begins with the segment, so a list reads its rows in order from each segment that its filter admits
//! and from no other, however rare they are; what it has in total is the sum of the segments' counts.

use super::profile::{ProfileContent, ResumeApproval};

/// How many segments there are.
const SEGMENTS: i16 = 20;

/// The segment of a profile: 4 times its approval status (0 for none), 2 for an administrator, and 1 for somebody who was
/// invited and has never logged in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment(i16);

impl Segment {
    pub(super) fn of(content: &ProfileContent) -> Self {
        let status = content.resume_approval.map_or(0, |status| status as i16 + 1);
        let is_admin = i16::from(content.user_roles.are_admin());
        let is_awaited = i16::from(content.is_invited && content.last_login.is_none());
        Self(4 * status + 2 * is_admin + is_awaited)
    }

    /// The number that the database has.
    pub(super) const fn from_number(number: i16) -> Self {
        Self(number)
    }

    pub(super) const fn number(self) -> i16 {
        self.0
    }

    const fn is_admin(self) -> bool {
        self.0 & 2 != 0
    }

    const fn is_awaited(self) -> bool {
        self.0 & 1 != 0
    }

    const fn has_status(self, status: ResumeApproval) -> bool {
        self.0 / 4 == status as i16 + 1
    }
}

/// Which profiles a list has, besides what is searched for. The default: all but those who were invited and never logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileFilter {
    /// Administrators only, or everybody else; `None`: both.
    pub is_admin: Option<bool>,
    /// Also those who were invited and never logged in.
    pub includes_invited: bool,
    /// Those whose résumé has one of these statuses; `None`: all.
    pub resume_approval: Option<Vec<ResumeApproval>>,
}

impl ProfileFilter {
    pub(super) fn admits(&self, segment: Segment) -> bool {
        let has_status =
            |statuses: &Vec<ResumeApproval>| statuses.iter().any(|status| segment.has_status(*status));
        self.is_admin
            .is_none_or(|is_admin| is_admin == segment.is_admin())
            && (self.includes_invited || !segment.is_awaited())
            && self.resume_approval.as_ref().is_none_or(has_status)
    }

    /// The segments that it admits.
    pub(super) fn segments(&self) -> Vec<Segment> {
        (0..SEGMENTS)
            .map(Segment)
            .filter(|segment| self.admits(*segment))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_admits_the_segments_that_it_says() {
        let all = ProfileFilter {
            includes_invited: true,
            ..ProfileFilter::default()
        };
        assert_eq!(all.segments().len(), 20);
        let joined = ProfileFilter::default();
        assert!(joined.segments().iter().all(|segment| !segment.is_awaited()));
        assert_eq!(joined.segments().len(), 10);
        let denied_admins = ProfileFilter {
            is_admin: Some(true),
            resume_approval: Some(vec![ResumeApproval::Denied, ResumeApproval::Pending]),
            ..all
        };
        assert_eq!(denied_admins.segments(), [6, 7, 14, 15].map(Segment::from_number));
        let others = ProfileFilter {
            is_admin: Some(false),
            resume_approval: Some(Vec::new()),
            ..joined
        };
        assert_eq!(others.segments(), []);
    }
}
