//! A report in its forms for people and for other programs.

mod html;
mod junit;
mod markdown;
mod terminal;

pub use html::Html;
pub use junit::Junit;
pub use markdown::Markdown;
pub use terminal::Terminal;
