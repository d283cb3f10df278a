//! The throughput of TCP under random loss is that of the formulas.
//!
//! Mathis, Semke, Mahdavi and Ott (1997): √(3/2b) / √p segments per round trip. Padhye, Firoiu, Towsley
//! and Kurose (1998), called PFTK, adds timeouts: 1 / (RTT √(2bp/3) + T₀ min(1, 3√(3bp/8)) p (1 + 32p²))
//! segments per second. Both are for Reno under losses that do not depend on each other. They are functions of
//! [`portolan::theory`], where published values test them.
//!
//! `b` is by how many segments each acknowledgment opens the window. Where every acknowledgment
//! opens it by 1/cwnd, delayed acknowledgments double `b`, and the constant √(3/2) becomes √(3/4). Linux counts what is
//! acknowledged rather than acknowledgments (appropriate byte counting, RFC 3465, allowed by RFC 5681
//! section 3.1), so that `b` is 1 whether they are delayed or not: a segment per round trip is a
//! segment per round trip.
//!
//! Mathis knows no timeouts and promises too much above 1 %; PFTK is asked there. Its T₀ is the RTO of
//! Linux at a constant round trip: SRTT + 200 ms. Selective acknowledgments and RACK spare some
//! timeouts that PFTK counts, but Linux then waits a while for reordering: it stays in reach.

use crate::support::parallel::in_parallel;
use crate::support::run;
use crate::support::statistics::Interval;
use portolan::theory::tcp;

/// The data of a segment with timestamps \[bytes\].
const MSS: f64 = 1448.0;
/// \[s\]
const RTT: f64 = 0.1;
/// \[s\]
const RTO: f64 = 0.3;
/// How far the mean may be from a formula.
const TOLERANCE: f64 = 0.15;
const SEEDS: u64 = 4;
/// Slow start and the first losses are over \[s\].
const WARM: u32 = 20;
/// Hundreds of round trips and of losses in all \[s\].
const SECONDS: u32 = 300;

/// \[segments per second\]
fn mathis(p: f64) -> f64 {
    tcp::mathis(p, 1.0) / RTT
}

/// \[segments per second\]
fn pftk(p: f64) -> f64 {
    tcp::pftk(p, 1.0, RTT, RTO)
}

/// Data that arrive in so many seconds \[bytes\]; no buffer and no rate limits them. If all
/// acknowledgments are quick ones, none is delayed.
fn delivered(p: f64, quick_acks: u32, seed: u64, seconds: u32) -> f64 {
    let percent = p * 100.0;
    let text = format!(
        "duration = '{seconds}s'
        seed = {seed}
        nodes = {{ alice = 'host', bob = 'host' }}
        [links.alice--bob]
        rate = '10Gbps'
        delay = '50ms'
        forward = {{ loss = '{percent:.3}%' }}
        [apps.server]
        kind = 'tcp-server'
        on = 'bob'
        port = 80
        tcp = {{ receive-buffer = '64MB', quick-acks = {quick_acks} }}
        [apps.client]
        kind = 'tcp-client'
        on = 'alice'
        to = 'bob:80'
        tcp = {{ congestion = 'reno', send-buffer = '64MB' }}"
    );
    run(&text).flows["client"].bytes_delivered as f64
}

/// Runs with the same seed are the same until the shorter ends: the difference leaves the start out.
fn throughput(p: f64, quick_acks: u32) -> Interval {
    let seeds: Vec<u64> = (1..=SEEDS).collect();
    let rates = in_parallel(&seeds, |seed| {
        let of = |seconds| delivered(p, quick_acks, *seed, seconds);
        (of(SECONDS) - of(WARM)) / MSS / f64::from(SECONDS - WARM)
    });
    Interval::of(&rates)
}

fn check(p: f64, quick_acks: u32, formulas: &[(&str, f64)]) {
    let measured = throughput(p, quick_acks);
    for (name, expected) in formulas {
        let ratio = measured.mean / expected;
        assert!(
            (ratio - 1.0).abs() <= TOLERANCE,
            "p = {p}, quick-acks {quick_acks}: {:.1} ± {:.1} segments/s, {name} {expected:.1}",
            measured.mean,
            measured.half_width
        );
    }
}

#[test]
fn rare_losses_leave_what_mathis_and_pftk_say() {
    for quick_acks in [0, u32::MAX] {
        for p in [0.0005, 0.001, 0.002, 0.005, 0.01] {
            check(p, quick_acks, &[("Mathis", mathis(p)), ("PFTK", pftk(p))]);
        }
    }
}

#[test]
fn frequent_losses_leave_what_pftk_says() {
    for quick_acks in [0, u32::MAX] {
        for p in [0.02, 0.03] {
            check(p, quick_acks, &[("PFTK", pftk(p))]);
        }
    }
}
