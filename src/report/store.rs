//! A result folder: what goes into it, and how plots are made again from what is in it.
//!
//! | file | holds |
//! | --- | --- |
//! | `summary.json` | the results |
//! | `series.csv` | all samples in long form |
//! | `plot-data.json` | what plots need beside the samples: drops, distributions, the network |
//! | `plots/` | the plots |
//!
//! [`OutDir::series`] comes first, for the recorder to write to; then [`OutDir::finish`], which
//! replaces all files at once after everything is on the disk, or none of them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::file::{Pending, WriteError, make_folder};
use super::plot::{self, Format, PlotInput, PlotSeries};
use super::series::{self, PEAK, RowError};
use super::summary;
use crate::observe::results::Summary;

const SUMMARY: &str = "summary.json";
const SERIES: &str = "series.csv";
const PLOT_DATA: &str = "plot-data.json";
const PLOTS: &str = "plots";

/// A folder that results go into.
#[derive(Debug, Clone)]
pub struct OutDir(PathBuf);

impl OutDir {
    /// The folder at `path`, made if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        make_folder(path)?;
        Ok(Self(path.to_path_buf()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The series file, for a [`series::Recorder`] to write to.
    ///
    /// # Errors
    /// If the folder may not be written to.
    pub fn series(&self) -> Result<Pending, WriteError> {
        Pending::create(&self.0.join(SERIES))
    }

    /// Writes everything. `series` is what the recorder wrote; `plots` is the format of the plots,
    /// if there are to be any. Plots of an older run in the same folder are removed.
    ///
    /// # Errors
    /// If anything cannot be written; all older files then still stand.
    pub fn finish(
        &self,
        summary: &Summary,
        input: &PlotInput,
        series: Pending,
        plots: Option<Format>,
    ) -> Result<(), WriteError> {
        let data = plot_data(input);
        let mut files = vec![series];
        files.push(self.prepare(PLOT_DATA, data.as_bytes())?);
        let (drawn, written) = self.prepare_plots(input, plots)?;
        files.extend(drawn);
        // Last, because its presence says that the rest is there.
        files.push(self.prepare(SUMMARY, summary::to_file_json(summary).as_bytes())?);
        files.into_iter().try_for_each(Pending::commit)?;
        self.remove_other_plots(&written);
        Ok(())
    }

    /// Draws the plots again, in place of those there are.
    ///
    /// # Errors
    /// If anything cannot be written; all older plots then still stand.
    pub fn redraw(&self, input: &PlotInput, format: Format) -> Result<Vec<PathBuf>, WriteError> {
        let (drawn, written) = self.prepare_plots(input, Some(format))?;
        drawn.into_iter().try_for_each(Pending::commit)?;
        self.remove_other_plots(&written);
        Ok(written)
    }

    fn prepare(&self, name: &str, bytes: &[u8]) -> Result<Pending, WriteError> {
        let path = self.0.join(name);
        let mut file = Pending::create(&path)?;
        file.write_all(bytes).map_err(|source| WriteError::new(&path, source))?;
        Ok(file)
    }

    /// The plots, not yet under their names, and what those will be.
    fn prepare_plots(
        &self,
        input: &PlotInput,
        format: Option<Format>,
    ) -> Result<(Vec<Pending>, Vec<PathBuf>), WriteError> {
        let mut files = Vec::new();
        if let Some(format) = format {
            make_folder(&self.0.join(PLOTS))?;
            for (stem, bytes) in plot::all(input, format) {
                let name = format!("{PLOTS}/{stem}.{}", format.extension());
                files.push(self.prepare(&name, &bytes)?);
            }
        }
        let written = files.iter().map(|file| file.path().to_path_buf()).collect();
        Ok((files, written))
    }

    /// A plot that an earlier run left would be taken for one of this run.
    fn remove_other_plots(&self, keep: &[PathBuf]) {
        for stem in plot::stems() {
            for format in [Format::Svg, Format::Png] {
                let path = self.0.join(format!("{PLOTS}/{stem}.{}", format.extension()));
                if !keep.contains(&path) {
                    // Most are not there at all; one that cannot be removed does no more harm
                    // than before.
                    let _ = fs::remove_file(path);
                }
            }
        }
    }
}

fn plot_data(input: &PlotInput) -> String {
    let mut text = serde_json::to_string(input)
        .expect("what plots need is names, numbers and lists, all of which JSON has");
    text.push('\n');
    text
}

/// Why a folder's results cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There are none.
    #[error("`{}` holds no results to plot: there is no `{PLOT_DATA}` in it; `portolan run SCENARIO --out DIR` makes such a folder", .0.display())]
    NoResults(PathBuf),
    /// The system refused.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not the data that was written.
    #[error("`{}` is damaged: {source}", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Not the series that were written.
    #[error("`{}` is damaged: {source}", path.display())]
    Rows {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: RowError,
    },
}

/// What the plots of the result folder `dir` were made of.
///
/// # Errors
/// If the folder holds no results, or not as they were written.
pub fn read_back(dir: &Path) -> Result<PlotInput, ReadError> {
    let path = dir.join(PLOT_DATA);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ReadError::NoResults(dir.to_path_buf()));
        }
        Err(source) => return Err(ReadError::Io { path, source }),
    };
    let mut input: PlotInput = serde_json::from_slice(&text)
        .map_err(|source| ReadError::Json { path: path.clone(), source })?;
    if !input.series.is_empty() {
        let path = dir.join(SERIES);
        let file =
            fs::File::open(&path).map_err(|source| ReadError::Io { path: path.clone(), source })?;
        input.read_samples(file).map_err(|source| ReadError::Rows { path, source })?;
    }
    Ok(input)
}

impl PlotInput {
    /// Fills the series from the rows of a series file. Rows of unknown series are left out.
    fn read_samples(&mut self, rows: impl std::io::Read) -> Result<(), RowError> {
        let places: std::collections::BTreeMap<String, usize> =
            self.series.iter().enumerate().map(|(i, series)| (series.path.clone(), i)).collect();
        series::read(rows, |time, path, value| {
            if let Some(&place) = places.get(path) {
                let PlotSeries { kind, samples, .. } = &mut self.series[place];
                kind.keep(samples, time, value);
            } else if let Some(&place) = path.strip_suffix(PEAK).and_then(|path| places.get(path)) {
                self.series[place].samples.raise(value);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::FlowId;
    use crate::id::NodeId;
    use crate::observe::{Observation, Observer};
    use crate::report::plot::{Shape, Topology, TopologyNode};
    use crate::report::sample;
    use crate::report::series::{Recorder, SeriesKind, SeriesSpec};
    use crate::units::Time;

    /// Records a run into the folder; `depth` is what its queue did.
    fn run(out: &OutDir, depth: impl Fn(u64) -> f64) -> PlotInput {
        let writer = out.series().expect("starts");
        let mut recorder = Recorder::new(writer, vec!["bulk".into()]);
        let queue = recorder.add(SeriesSpec {
            path: "links.a--b.queue".into(),
            label: "a → b".into(),
            kind: SeriesKind::QueuePackets,
            limit: Some(50.0),
            place: None,
        });
        for ms in 0..5000 {
            let (now, delay) = (Time::from_us(ms * 1001), Time::from_us(30 + ms % 17));
            recorder.peak(queue, now, depth(ms) * 2.0, depth(ms));
            recorder.push(queue, now, depth(ms));
            let (node, flow) = (NodeId(0), Some(FlowId(0)));
            recorder.observe(now, &Observation::Delivered { node, flow, bytes: 1000, delay });
        }
        let (recording, writer) = recorder.finish(Time::from_secs(6)).expect("records");
        let node = TopologyNode { name: "a".into(), shape: Shape::Host, at: None };
        let topology = Topology { nodes: vec![node], links: Vec::new() };
        let input = PlotInput::new("A run", recording, topology);
        out.finish(&sample::summary(), &input, writer, Some(Format::Svg)).expect("writes");
        input
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<_> = entries.map(|entry| name(entry.expect("an entry"))).collect();
        names.sort();
        names
    }

    #[test]
    fn plots_can_be_made_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = OutDir::create(&folder.path().join("new/results")).expect("makes");
        let input = run(&out, |ms| (ms % 53) as f64 * 0.1);
        let all = ["plot-data.json", "plots", "series.csv", "summary.json"];
        assert_eq!(files(out.path()), all);
        let again = read_back(out.path()).expect("reads");
        assert_eq!(plot::all(&again, Format::Svg), plot::all(&input, Format::Svg));
        assert_eq!(plot::all(&again, Format::Svg).len(), 4);
    }

    #[test]
    fn plots_of_older_runs_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = OutDir::create(folder.path()).expect("makes");
        run(&out, |_| 1.0);
        let plots = folder.path().join("plots");
        fs::write(plots.join("ports.svg"), "old").expect("writes");
        fs::write(plots.join("mine.svg"), "other").expect("writes");
        let input = read_back(folder.path()).expect("reads");
        let written = out.redraw(&input, Format::Svg).expect("writes");
        assert_eq!(written.len(), 4);
        let all = ["delay.svg", "mine.svg", "queues.svg", "throughput.svg", "topology.svg"];
        assert_eq!(files(&plots), all);
    }

    #[test]
    fn the_same_run_gives_the_same_bytes() {
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let [first, second] = folders.each_ref().map(|folder| {
            let out = OutDir::create(folder.path()).expect("makes");
            run(&out, |ms| (ms * ms % 41) as f64);
            let read = |name| fs::read(folder.path().join(name)).expect("reads");
            ["summary.json", "series.csv", "plot-data.json", "plots/queues.svg"].map(read)
        });
        assert_eq!(first, second);
    }

    #[test]
    fn says_what_is_wrong_with_a_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |folder: &Path| read_back(folder).expect_err("fails").to_string();
        assert!(told(folder.path()).contains("holds no results to plot"));
        let out = OutDir::create(folder.path()).expect("makes");
        run(&out, |_| 1.0);
        fs::write(folder.path().join("series.csv"), "time_s,path,value\nx,y,z\n").expect("writes");
        assert!(told(folder.path()).contains("line 2: `x` is not a time in seconds"));
        fs::write(folder.path().join("plot-data.json"), "{").expect("writes");
        assert!(told(folder.path()).contains("is damaged"));
    }
}
