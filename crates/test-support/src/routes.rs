//! The routes that the service registers, from actix itself.

use std::collections::BTreeSet;

use actix_web::introspection::IntrospectionTree;
use actix_web::{App, test, web};

/// Every method and path that `configure` registers, as `GET /path/{parameter}`.
pub fn registered(configure: fn(&mut web::ServiceConfig)) -> BTreeSet<String> {
    async fn report(tree: web::Data<IntrospectionTree>) -> String {
        tree.report_as_json()
    }
    // A thread of its own: a runtime of actix cannot run inside the test's.
    let report = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = App::new()
                .configure(configure)
                .service(web::resource("/report").get(report));
            let app = test::init_service(app).await;
            let request = test::TestRequest::get().uri("/report").to_request();
            test::call_and_read_body(&app, request).await
        })
    })
    .join()
    .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let mut routes = BTreeSet::new();
    for item in report.as_array().unwrap() {
        let path = item["full_path"]
            .as_str()
            .unwrap()
            .replace(":.*}", "}")
            .replace(":[;/].*}", "}")
            .replace("server{path}", "server");
        for method in item["methods"].as_array().unwrap() {
            if path != "/report" {
                routes.insert(format!("{} {path}", method.as_str().unwrap()));
            }
        }
    }
    routes
}
