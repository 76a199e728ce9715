//! W3C Trace Context: whose trace a request goes on with, and what is sent on.
//!
//! It is read strictly: what is not written as the recommendation says is no parent, and the request begins a trace.

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// The headers of a request that name its parent.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceHeaders<'a> {
    /// `traceparent`; `None` also where it is sent more than once.
    pub parent: Option<&'a str>,
    /// `tracestate`, several fields of it being one list.
    pub state: Option<&'a str>,
}

/// The parent that the headers name, if they do.
pub(super) fn read(headers: &TraceHeaders<'_>) -> Option<SpanContext> {
    let text = headers.parent?;
    let (version, rest) = (text.get(..2)?, text.get(2..)?);
    // A later version may have more fields, after a dash.
    let is_whole = match version {
        "ff" => false,
        "00" => text.len() == LENGTH,
        _ => text.len() == LENGTH || text.as_bytes().get(LENGTH) == Some(&b'-'),
    };
    if !is_whole || !is_hex(version) {
        return None;
    }
    let mut fields = rest.strip_prefix('-')?.splitn(4, '-');
    let mut field = |length| {
        fields
            .next()
            .filter(|field| field.len() == length && is_hex(field))
    };
    let (trace_id, span_id, flags) = (field(32)?, field(16)?, field(2)?);
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let state = headers.state.and_then(|state| state.parse::<TraceState>().ok());
    let context = SpanContext::new(
        TraceId::from_hex(trace_id).ok()?,
        SpanId::from_hex(span_id).ok()?,
        flags,
        true,
        state.unwrap_or_default(),
    );
    context.is_valid().then_some(context)
}

/// The length of a `traceparent` of version 00.
const LENGTH: usize = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".len();

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The values of `traceparent`, and of `tracestate` if it is not empty, for a request of ours.
pub(super) fn write(context: &SpanContext) -> (String, Option<String>) {
    let parent = format!(
        "00-{}-{}-{:02x}",
        context.trace_id(),
        context.span_id(),
        (context.trace_flags() & TraceFlags::SAMPLED).to_u8()
    );
    let state = context.trace_state().header();
    (parent, (!state.is_empty()).then_some(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn read_of(parent: &str, state: Option<&str>) -> Option<SpanContext> {
        read(&TraceHeaders {
            parent: Some(parent),
            state,
        })
    }

    #[test]
    fn a_parent_is_read_as_it_was_written() {
        let context = read_of(GOOD, Some("a=1,b=2")).unwrap();
        assert!(context.is_sampled() && context.is_remote());
        assert_eq!(write(&context), (GOOD.to_owned(), Some("a=1,b=2".to_owned())));
        assert_eq!(write(&read_of(GOOD, Some("no state")).unwrap()).1, None);
        let not_sampled = GOOD.replace("-01", "-00");
        assert!(!read_of(&not_sampled, None).unwrap().is_sampled());
        let later = GOOD.replace("00-0a", "cc-0a");
        assert!(read_of(&later, None).is_some());
        assert!(read_of(&format!("{later}-what-comes"), None).is_some());
    }

    #[test]
    fn what_is_written_otherwise_is_no_parent() {
        assert!(read(&TraceHeaders::default()).is_none());
        for odd in [
            "",
            "00",
            "é",
            "00-1-1-01",
            &GOOD.replace("00-0a", "ff-0a"),
            &GOOD.replace("0af", "0AF"),
            &GOOD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            &GOOD.replace("b7ad6b7169203331", &"0".repeat(16)),
            &GOOD.replace('-', "_"),
            &GOOD.replace("-01", "-+1"),
            &format!("{GOOD}-more"),
            &format!(" {GOOD}"),
            &GOOD.replace("00-0a", "cc-0a").replace("-01", "-01x"),
        ] {
            assert!(read_of(odd, None).is_none(), "{odd}");
        }
    }
}
