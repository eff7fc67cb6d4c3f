//! Writes one HTML page with every silhouette in every view, to look at. `cargo run -p hanse-sample --example contact_sheet`

use hanse_sample::art::{COLOURS, Kind, VIEWS, svg};

fn main() {
    println!(
        "<!doctype html><meta charset=\"utf-8\"><style>body{{margin:8px;display:grid;grid-template-columns:repeat(8,1fr);gap:6px;font:12px sans-serif}}img{{width:100%;height:auto;display:block}}</style>"
    );
    for (n, kind) in (0_u32..).zip(Kind::ALL) {
        for view in 0..VIEWS {
            let colour = COLOURS[(n as usize * 7 + usize::from(view) * 3) % COLOURS.len()].0;
            let picture = svg(*kind, n * 4 + u32::from(view), Some(colour), view);
            let picture = picture.replace('%', "%25").replace('#', "%23").replace('"', "'");
            println!("<div><img src=\"data:image/svg+xml,{picture}\">{} {colour} {view}</div>", kind.name());
        }
    }
}
