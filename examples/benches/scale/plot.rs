//! The curves as one picture: costs for each against sizes, both in powers of ten, so that what is linear is flat.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Error;
use crate::growth::{Growth, thousands};
use crate::table::Quantity;

const SIZE: (u32, u32) = (1100, 800);

/// Told apart by those who see few colours, on a light ground and on a dark one.
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];

const GROUND: RGBColor = RGBColor(250, 250, 250);

pub(crate) fn draw(grown: &[Growth], file: impl AsRef<Path>) -> Result<(), Error> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&GROUND).map_err(text)?;
        for (panel, growth) in root.split_evenly((2, 2)).iter().zip(grown) {
            panel_of(growth, panel).map_err(text)?;
        }
        root.present().map_err(text)?;
    }
    Ok(std::fs::write(file, svg)?)
}

fn panel_of(
    growth: &Growth,
    panel: &DrawingArea<SVGBackend<'_>, Shift>,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let points = || growth.curves.iter().flat_map(|curve| &curve.points);
    let span = |of: fn(&(f64, f64)) -> f64| {
        let (least, most) = points()
            .map(of)
            .fold((f64::MAX, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        least..most
    };
    let (sizes, costs) = (span(|point| point.0), span(|point| point.1));
    // Room above for the legend.
    let costs = costs.start / 2.0..costs.end * 30.0;
    let mut chart = ChartBuilder::on(panel)
        .caption(format!("The cost of {}, by {}", growth.each, growth.of), ("sans-serif", 18))
        .margin(12)
        .margin_right(40)
        .x_label_area_size(34)
        .y_label_area_size(64)
        .build_cartesian_2d(sizes.log_scale(), costs.log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|size| thousands(*size))
        .y_label_formatter(&|nanos| label(*nanos))
        .draw()?;
    for (curve, colour) in growth.curves.iter().zip(COLOURS) {
        let line = LineSeries::new(curve.points.iter().copied(), colour.stroke_width(2)).point_size(3);
        let key = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2));
        chart.draw_series(line)?.label(curve.name).legend(key);
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(GROUND)
        .label_font(("sans-serif", 14))
        .draw()
}

fn label(nanos: f64) -> String {
    if nanos < 1.0 { format!("{nanos} ns") } else { Quantity::Nanoseconds(nanos.round()).to_string() }
}

fn text(error: impl std::fmt::Display) -> Error {
    error.to_string().into()
}
