//! The files that set up a deployment: answer files and task sequences.

use super::answer_file::AnswerFile;
use super::ids::Arch;
use super::task_sequence::TaskSequence;

/// All that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentFiles {
    /// Answer files, in the order of the command line.
    pub answer_files: Vec<AnswerFile>,
    /// Task sequences, in the order of the command line.
    pub task_sequences: Vec<TaskSequence>,
    /// Architectures of the Windows that is deployed; empty = not said.
    pub archs: Vec<Arch>,
}

impl DeploymentFiles {
    /// None was given.
    pub fn is_empty(&self) -> bool {
        self.answer_files.is_empty() && self.task_sequences.is_empty()
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeploymentFile {
    /// `<unattend>`.
    Answers(AnswerFile),
    /// `<sequence>`.
    Steps(TaskSequence),
}

impl DeploymentFile {
    /// By content: a task sequence, an answer file, or XML with a root that comes near one. `Err` says what it is instead.
    ///
    /// # Errors
    /// It is neither.
    pub fn read(path: &str, bytes: &[u8]) -> Result<Self, String> {
        if let Some(sequence) = TaskSequence::read(path, bytes) {
            return Ok(Self::Steps(sequence));
        }
        let file = AnswerFile::read(path, bytes);
        if file.is_unattend() {
            return Ok(Self::Answers(file));
        }
        // What looks like a tag in a binary file is none.
        let is_name = |n: &str| n.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        Err(match (file.root.as_str(), file.problems.first()) {
            (root, _) if !is_name(root) => "no XML".to_owned(),
            ("", problem) => format!("no XML ({})", problem.map_or("nothing is in it", String::as_str)),
            (root, _) => format!("its root element is <{root}>"),
        })
    }
}
