//! The processor time of a log line, from two threads that log to a standard error which is read: in a process of its own, by
//! which the time is counted, the thread that writes included.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use talentsoft_partner::telemetry::log_buffer::LOG;
use tracing_appender::non_blocking::NonBlockingBuilder;
use tracing_subscriber::fmt::MakeWriter;

/// The argument of the process that logs.
pub const CHILD: &str = "log-child";

/// A line of the service has about this many bytes.
const LINE_BYTES: usize = 300;
const THREADS: u32 = 2;
/// How often a thread logs: as many lines at once as its rate needs.
const PAUSE: Duration = Duration::from_millis(1);
const DURATION: Duration = Duration::from_secs(1);

/// Measures `writer` (`buffer` or `appender`) in a process of its own.
pub fn nanos_per_line(writer: &str, lines_per_second: u32) -> f64 {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([CHILD, writer, &lines_per_second.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the process starts");
    let mut log = child.stderr.take().expect("standard error is a pipe");
    let reading = thread::spawn(move || {
        let (mut buffer, mut total) = (vec![0; 64 * 1024], 0);
        loop {
            match log.read(&mut buffer).expect("the log can be read") {
                0 => return total,
                bytes => total += bytes,
            }
        }
    });
    let output = child.wait_with_output().expect("the process ends");
    let text = String::from_utf8(output.stdout).expect("its output is text");
    let (nanos, lines) = text.trim().split_once(' ').expect("two numbers");
    let lines: usize = lines.parse().expect("a number");
    let read = reading.join().expect("the log was read");
    assert_eq!(read, lines * LINE_BYTES, "no line is lost");
    nanos.parse::<f64>().expect("a number") / lines as f64
}

/// Logs as the arguments say, and prints the processor time in nanoseconds and the number of lines.
pub fn run_child(arguments: &[String]) {
    let lines_per_second: u32 = arguments[1].parse().expect("a number");
    let (nanos, lines) = if arguments[0] == "buffer" {
        LOG.start().expect("the thread starts");
        measure(&LOG, lines_per_second, || LOG.flush())
    } else {
        // The best case of the library: its thread writes to a buffer, and flushes when there are no more lines.
        let stderr = std::io::BufWriter::with_capacity(64 * 1024, std::io::stderr());
        let (writer, guard) = NonBlockingBuilder::default().lossy(true).finish(stderr);
        measure(writer, lines_per_second, || drop(guard))
    };
    println!("{nanos} {lines}");
}

fn measure<W>(writer: W, lines_per_second: u32, flush: impl FnOnce()) -> (i64, u32)
where
    W: for<'writer> MakeWriter<'writer> + Sync,
{
    let line = [b'x'; LINE_BYTES];
    let pauses = u32::try_from(DURATION.as_millis() / PAUSE.as_millis()).expect("a few");
    let lines_at_once = lines_per_second / THREADS / 1000;
    let began = processor_nanos();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let started = Instant::now();
                for pause in 1..=pauses {
                    for _ in 0..lines_at_once {
                        writer.make_writer().write_all(&line).expect("it is taken");
                    }
                    thread::sleep((PAUSE * pause).saturating_sub(started.elapsed()));
                }
            });
        }
    });
    flush();
    (processor_nanos() - began, pauses * lines_at_once * THREADS)
}

fn processor_nanos() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("it is always there");
    usage.user_time().num_nanoseconds() + usage.system_time().num_nanoseconds()
}
