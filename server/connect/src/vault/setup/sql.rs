//! The statements for how the app is set up, written once; see `vault/sql.rs`.

/// Implements [`super::store::SetupStore`] for a home with the pools `read` and `write`.
macro_rules! sql_setup {
    ($Home:ident, row = $Row:ty) => {
        #[async_trait]
        impl SetupStore for $Home {
            async fn origin(&self) -> Outcome<Option<Origin>> {
                let code: Option<String> =
                    sqlx::query_scalar("SELECT code FROM origin").fetch_optional(&self.read).await?;
                Ok(code.as_deref().and_then(Origin::from_code))
            }

            async fn mark(&self, origin: Origin) -> Outcome<()> {
                sqlx::query("INSERT INTO origin (one, code) VALUES (1, $1) ON CONFLICT (one) DO NOTHING")
                    .bind(origin.code())
                    .execute(&self.write)
                    .await?;
                Ok(())
            }

            async fn sign_in_trouble(&self) -> Outcome<Option<SignInTrouble>> {
                let row = sqlx::query("SELECT code, detail, at FROM sign_in_trouble")
                    .fetch_optional(&self.read)
                    .await?;
                let trouble = |row: $Row| {
                    Ok(SignInTrouble {
                        code: row.try_get("code")?,
                        detail: row.try_get("detail")?,
                        at: row.try_get("at")?,
                    })
                };
                row.map(trouble).transpose()
            }

            async fn note_sign_in(&self, trouble: Option<&SignInTrouble>) -> Outcome<()> {
                let query = match trouble {
                    None => sqlx::query("DELETE FROM sign_in_trouble"),
                    Some(it) => sqlx::query(
                        "INSERT INTO sign_in_trouble (one, code, detail, at) VALUES (1, $1, $2, $3)
                         ON CONFLICT (one) DO UPDATE SET code = $1, detail = $2, at = $3",
                    )
                    .bind(it.code.clone())
                    .bind(it.detail.clone())
                    .bind(it.at),
                };
                query.execute(&self.write).await?;
                Ok(())
            }
        }
    };
}

pub(in crate::vault) use sql_setup;
