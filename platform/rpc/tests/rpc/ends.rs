//! A server ends in good order.

use crate::answering::Answers;
use crate::house::{House, pricing, until};
use hanse_rpc::audit::ExamineRequest;
use tonic::Code;

#[tokio::test]
async fn what_is_under_way_is_answered_and_nothing_new_is_taken() {
    let (house, answers) = (House::new(), Answers::named("a"));
    let mut server = house.pricing(&answers).await;
    let hold = answers.hold();
    let remote = house.remote("cart", &[server.address]);
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let mut client = pricing(&remote);
            tokio::spawn(async move { client.examine(ExamineRequest::default()).await })
        })
        .collect();
    until("five calls are under way", async || answers.asked() == 5).await;
    let address = server.address;
    server.stop();
    until("its door is shut", async || tokio::net::TcpStream::connect(address).await.is_err()).await;
    let late =
        pricing(&house.remote("order", &[address])).examine(ExamineRequest::default()).await.unwrap_err();
    assert_eq!(late.code(), Code::Unavailable, "{late}");
    assert!(!server.has_ended(), "it waits for what is under way");
    hold.add_permits(5);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().into_inner().next, "cart a");
    }
    server.ended().await;
    assert_eq!(answers.asked(), 5);
}
