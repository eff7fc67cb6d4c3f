//! `/api/store/payments/{id}/test-action`: the page that stands in for the shopper's bank when the test provider asks
//! for confirmation.

use super::problems::problem;
use crate::application::Till;
use crate::application::answer_challenge::{AnswerChallenge, Question};
use crate::domain::State as PaymentState;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use hanse_http::{Caller, Json, Path, Problem, Query};
use hanse_kernel::{Money, PaymentId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TestResult {
    Approve,
    Decline,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShowQuery {
    /// Answers at once instead of showing the question, as a link from a mail would.
    result: Option<TestResult>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AnswerQuery {
    result: TestResult,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestAnswer {
    payment_id: PaymentId,
    result: TestResult,
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    ))
}

fn question(id: PaymentId, amount: Money) -> Html<String> {
    let form = |result: &str, label: &str| {
        format!(
            "<form method=\"post\" action=\"/api/store/payments/{id}/test-action?result={result}\">\
             <p><button type=\"submit\">{label}</button></p></form>"
        )
    };
    let (yes, no) = (form("approve", "Approve"), form("decline", "Decline"));
    page(
        "Test bank",
        &format!(
            "<p>The shop asks for <strong>{amount}</strong>. No money moves: this is a test.</p>{yes}{no}"
        ),
    )
}

/// Somebody who shows pages gets a page, a program gets JSON.
fn told(headers: &axum::http::HeaderMap, id: PaymentId, result: TestResult) -> Response {
    let accept = headers.get(axum::http::header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/html") {
        return Json(TestAnswer { payment_id: id, result }).into_response();
    }
    let text = match result {
        TestResult::Approve => "You have approved the payment.",
        TestResult::Decline => "You have declined the payment.",
    };
    page("Test bank", &format!("<p>{text} You can go back to the shop now.</p>")).into_response()
}

async fn answer(
    till: Till,
    ctx: &hanse_kernel::Ctx,
    id: PaymentId,
    result: TestResult,
) -> Result<(), Problem> {
    AnswerChallenge(till).run(ctx, id, result == TestResult::Approve).await.map_err(problem)
}

/// The test provider's question to the shopper, as a page.
#[utoipa::path(get, path = "/api/store/payments/{id}/test-action", params(("id" = PaymentId, Path), ShowQuery),
    responses((status = 200, content_type = "text/html", body = String)))]
pub(crate) async fn show_test_action(
    State(till): State<Till>,
    Caller(ctx): Caller,
    Path(id): Path<PaymentId>,
    Query(query): Query<ShowQuery>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    if let Some(result) = query.result {
        answer(till, &ctx, id, result).await?;
        return Ok(told(&headers, id, result));
    }
    let Question { amount, state } = AnswerChallenge(till).question(id).await.map_err(problem)?;
    Ok(match state {
        PaymentState::ActionRequired => question(id, amount).into_response(),
        _ => page("Test bank", "<p>Nothing is asked of you (any more).</p>").into_response(),
    })
}

/// Approves or declines, as the shopper would at their bank.
#[utoipa::path(post, path = "/api/store/payments/{id}/test-action", params(("id" = PaymentId, Path), AnswerQuery),
    responses((status = 200, body = TestAnswer)))]
pub(crate) async fn answer_test_action(
    State(till): State<Till>,
    Caller(ctx): Caller,
    Path(id): Path<PaymentId>,
    Query(query): Query<AnswerQuery>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    answer(till, &ctx, id, query.result).await?;
    Ok(told(&headers, id, query.result))
}
