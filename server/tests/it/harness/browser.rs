//! A browser: a cookie jar, and the headers Chromium sends. It follows nothing
//! by itself, so that a test sees every step.

use std::sync::{Mutex, PoisonError};

use http::Method;
use reqwest::RequestBuilder;
use url::Url;

use super::{App, Reply, SetCookie};

const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0";

pub struct Browser {
    http: reqwest::Client,
    /// `http://localhost:PORT`
    pub origin: String,
    authority: String,
    /// `127.0.0.1:PORT`, or the whole of `https://localhost:PORT`
    address: String,
    /// Name and value, oldest first, as a browser sends them.
    jar: Mutex<Vec<(String, String)>>,
}

impl Browser {
    pub fn new(http: reqwest::Client, app: &App) -> Self {
        Self {
            http,
            origin: app.url.clone(),
            authority: app.authority.clone(),
            address: app.address.clone(),
            jar: Mutex::default(),
        }
    }

    /// For a program of its own: its public address, and where it really listens.
    pub fn of(url: &str, address: &str) -> Self {
        Self {
            http: super::http(),
            origin: url.to_owned(),
            authority: url.trim_start_matches("http://").to_owned(),
            address: address.to_owned(),
            jar: Mutex::default(),
        }
    }

    /// For what is reached at its public address itself, by a client of one's own.
    pub fn with(http: reqwest::Client, url: &str) -> Self {
        let authority = url.split_once("://").unwrap().1.to_owned();
        let jar = Mutex::default();
        Self { http, origin: url.to_owned(), authority, address: url.to_owned(), jar }
    }

    /// The same browser and jar, reaching another replica behind the same address.
    pub fn at(mut self, app: &App) -> Self {
        self.address = app.address.clone();
        self
    }

    /// A copy of this browser that reaches the machine at this address instead.
    pub fn reaching(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.twin() }
    }

    /// Another browser with a copy of this one's cookies.
    pub fn twin(&self) -> Self {
        Self {
            http: self.http.clone(),
            origin: self.origin.clone(),
            authority: self.authority.clone(),
            address: self.address.clone(),
            jar: Mutex::new(self.cookies()),
        }
    }

    // ---- cookies

    /// What it would send, oldest first.
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The value of one cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies().into_iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// The session cookie's value.
    pub fn session(&self) -> Option<String> {
        self.cookie("__Host-pdc_s")
    }

    /// Cookies of attempts under way.
    pub fn attempts(&self) -> Vec<(String, String)> {
        self.cookies().into_iter().filter(|(n, _)| n.starts_with("__Host-pdc_tx_")).collect()
    }

    /// Puts a cookie into the jar, whoever set it.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut jar = self.jar.lock().unwrap();
        match jar.iter_mut().find(|(n, _)| n == name) {
            Some(known) => known.1 = value.to_owned(),
            None => jar.push((name.to_owned(), value.to_owned())),
        }
    }

    pub fn forget_cookies(&self) {
        self.jar.lock().unwrap().clear();
    }

    /// As RFC 6265bis has it: a `__Host-` cookie that breaks its rules is not taken.
    fn take_cookies(&self, reply: &Reply) {
        for SetCookie { name, value, attributes } in reply.cookies() {
            let has = |n: &str, v: &str| attributes.iter().any(|(an, av)| an == n && av == v);
            let domain = attributes.iter().any(|(n, _)| n == "domain");
            if name.starts_with("__Host-") && (!has("secure", "") || !has("path", "/") || domain) {
                continue;
            }
            if has("max-age", "0") {
                self.jar.lock().unwrap().retain(|(n, _)| *n != name);
            } else {
                self.set_cookie(&name, &value);
            }
        }
    }

    // ---- requests

    /// A request with nothing but `Host` and the jar's cookies. Send it with
    /// [`Browser::send`]. `path` may hold a query.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let scheme = if self.address.contains("://") { "" } else { "http://" };
        let request = self.http.request(method, format!("{scheme}{}{path}", self.address));
        let request = request.header("host", &self.authority).header("user-agent", AGENT);
        let jar = self.cookies();
        if jar.is_empty() {
            return request;
        }
        let line = jar.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        request.header("cookie", line)
    }

    /// Sends a request as it is, and keeps the cookies that come back.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        self.try_send(request).await.unwrap()
    }

    /// Like [`Browser::send`], when there may be no answer.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Reply, reqwest::Error> {
        let reply = Reply::read(request.send().await?).await;
        self.take_cookies(&reply);
        Ok(reply)
    }

    /// A navigation; `site` is `none` (typed), `same-origin` or `cross-site`.
    pub fn navigation(&self, path: &str, site: &str) -> RequestBuilder {
        self.request(Method::GET, path)
            .header("accept", ACCEPT)
            .header("upgrade-insecure-requests", "1")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-user", "?1")
            .header("sec-fetch-dest", "document")
    }

    /// Opens a page, as by typing its address.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.navigation(path, "none")).await
    }

    /// A form of one of the app's own pages.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        self.request(Method::POST, path)
            .header("accept", ACCEPT)
            .header("origin", &self.origin)
            .header("referer", format!("{}/", self.origin))
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-user", "?1")
            .header("sec-fetch-dest", "document")
            .form(fields)
    }

    /// Submits a form of one of the app's own pages.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(self.form(path, fields)).await
    }

    // ---- the flow

    /// Presses Connect; where PagerDuty's authorize page is.
    pub async fn begin(&self) -> Url {
        self.begin_to(&[]).await
    }

    pub async fn begin_to(&self, fields: &[(&str, &str)]) -> Url {
        let reply = self.post("/api/begin_connect", fields).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        Url::parse(reply.location()).unwrap()
    }

    /// Signs in and consents at the sandbox; the path and query it sends the browser back to.
    pub async fn consent(&self, authorize: &Url, email: &str) -> String {
        self.decide(authorize, email, "consent").await
    }

    /// Signs in and presses Cancel.
    pub async fn cancel(&self, authorize: &Url, email: &str) -> String {
        self.decide(authorize, email, "cancel").await
    }

    async fn decide(&self, authorize: &Url, email: &str, decision: &str) -> String {
        let page = self.http.get(authorize.clone()).send().await.unwrap().text().await.unwrap();
        let id = page.split_once("name=\"request\" value=\"").expect("a login page").1;
        let id = id.split_once('"').unwrap().0;
        let login = authorize.join("/oauth/authorize/login").unwrap();
        let form = [("request", id), ("email", email), ("password", "anything")];
        let reply = Reply::read(self.http.post(login).form(&form).send().await.unwrap()).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        let consent = authorize.join("/oauth/authorize/consent").unwrap();
        let form = [("request", id), ("decision", decision)];
        let reply = Reply::read(self.http.post(consent).form(&form).send().await.unwrap()).await;
        let back = reply.location().strip_prefix(&self.origin);
        back.unwrap_or_else(|| panic!("sent back to {:?}", reply.location())).to_owned()
    }

    /// Is sent back by PagerDuty.
    pub async fn callback(&self, path: &str) -> Reply {
        self.send(self.navigation(path, "cross-site")).await
    }

    /// The whole way: Connect, sign in, consent, and back.
    pub async fn connect_as(&self, email: &str) -> Reply {
        let authorize = self.begin().await;
        let back = self.consent(&authorize, email).await;
        self.callback(&back).await
    }

    /// Presses Connect and consents, but does not go back yet: the callback's address.
    pub async fn until_callback(&self, email: &str) -> String {
        let authorize = self.begin().await;
        self.consent(&authorize, email).await
    }

    /// The welcome page, and whether it greets this name.
    pub async fn is_greeted(&self, name: &str) -> bool {
        let reply = self.get("/welcome").await;
        reply.status == 200 && reply.body.contains(name)
    }
}
