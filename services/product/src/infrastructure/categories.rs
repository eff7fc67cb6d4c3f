//! Categories and collections in their tables.

use super::products::{delete_texts, gather, insert_texts, text_row, texts_of};
use super::rows::{self, Values};
use crate::application::ports::{Categories, Collections};
use crate::domain::category::{Category, Collection};
use crate::domain::texts::Texts;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CategoryId, CollectionId, ProductId};
use uuid::Uuid;

pub struct SqlCategories;

#[async_trait]
impl Categories for SqlCategories {
    async fn all(&self, tx: &mut Tx) -> Result<Vec<Category>, DbError> {
        let texts = tx
            .query(
                "select t.entity, t.locale, t.field, t.value from category c join catalogue_text t on t.owner = c.id
                 order by t.entity, t.locale, t.field",
                &[],
                text_row,
            )
            .await?;
        let mut texts = gather(texts);
        let mut all = tx
            .query(
                "select id, version, parent_id, position, created_at from category order by position, created_at, id",
                &[],
                |row| {
                    Ok(Category {
                        id: row.id(0)?,
                        version: row.get(1)?,
                        parent: row.id_opt(2)?,
                        position: row.get(3)?,
                        texts: Texts::default(),
                        created_at: row.get(4)?,
                    })
                },
            )
            .await?;
        for category in &mut all {
            category.texts = texts.remove(&category.id.uuid()).unwrap_or_default();
        }
        Ok(all)
    }

    async fn by_path(&self, tx: &mut Tx, path: &str) -> Result<Option<CategoryId>, DbError> {
        tx.query_opt("select id from category where path = $1", &[&path], |row| row.id(0)).await
    }

    async fn insert(&self, tx: &mut Tx, category: &Category, path: &str) -> Result<(), DbError> {
        let parent: Option<Uuid> = category.parent.map(|id| id.uuid());
        tx.execute(
            "insert into category (id, parent_id, path, position, version, created_at) values ($1, $2, $3, $4, 1, $5)",
            &[&category.id, &parent, &path, &category.position, &category.created_at],
        )
        .await?;
        insert_texts(tx, category.id.uuid(), &[(category.id.uuid(), &category.texts)]).await
    }

    async fn save(&self, tx: &mut Tx, category: &Category) -> Result<bool, DbError> {
        let parent: Option<Uuid> = category.parent.map(|id| id.uuid());
        let saved = tx
            .execute(
                "update category set parent_id = $3, position = $4, version = version + 1 where id = $1 and version = $2",
                &[&category.id, &category.version, &parent, &category.position],
            )
            .await?;
        if saved == 0 {
            return Ok(false);
        }
        delete_texts(tx, category.id.uuid()).await?;
        insert_texts(tx, category.id.uuid(), &[(category.id.uuid(), &category.texts)]).await?;
        Ok(true)
    }
}

pub struct SqlCollections;

fn collection(row: &Row<'_>) -> Result<Collection, DbError> {
    Ok(Collection {
        id: row.id(0)?,
        version: row.get(1)?,
        texts: Texts::default(),
        products: vec![],
        created_at: row.get(2)?,
    })
}

async fn complete(tx: &mut Tx, collection: &mut Collection) -> Result<(), DbError> {
    let id = collection.id.uuid();
    collection.texts = texts_of(tx, id).await?.remove(&id).unwrap_or_default();
    let sql =
        "select product_id from collection_product where collection_id = $1 order by position, product_id";
    collection.products = tx.query(sql, &[&id], |row| row.id(0)).await?;
    Ok(())
}

async fn insert_parts(tx: &mut Tx, collection: &Collection) -> Result<(), DbError> {
    let id = collection.id.uuid();
    insert_texts(tx, id, &[(id, &collection.texts)]).await?;
    let products: Vec<(i64, &ProductId)> = (0..).zip(&collection.products).collect();
    let rows: Vec<Values<'_>> =
        products.iter().map(|(position, product)| vec![&id as _, product as _, position as _]).collect();
    rows::insert(tx, "insert into collection_product (collection_id, product_id, position)", "", &rows).await
}

#[async_trait]
impl Collections for SqlCollections {
    async fn all(&self, tx: &mut Tx) -> Result<Vec<Collection>, DbError> {
        let sql = "select id, version, created_at from collection order by created_at, id limit 1000";
        let mut all = tx.query(sql, &[], collection).await?;
        for one in &mut all {
            complete(tx, one).await?;
        }
        Ok(all)
    }

    async fn find(&self, tx: &mut Tx, id: CollectionId) -> Result<Option<Collection>, DbError> {
        let sql = "select id, version, created_at from collection where id = $1";
        let mut found = tx.query_opt(sql, &[&id], collection).await?;
        if let Some(one) = &mut found {
            complete(tx, one).await?;
        }
        Ok(found)
    }

    async fn insert(&self, tx: &mut Tx, collection: &Collection) -> Result<(), DbError> {
        tx.execute(
            "insert into collection (id, version, created_at) values ($1, 1, $2)",
            &[&collection.id, &collection.created_at],
        )
        .await?;
        insert_parts(tx, collection).await
    }

    async fn save(&self, tx: &mut Tx, collection: &Collection) -> Result<bool, DbError> {
        let saved = tx
            .execute(
                "update collection set version = version + 1 where id = $1 and version = $2",
                &[&collection.id, &collection.version],
            )
            .await?;
        if saved == 0 {
            return Ok(false);
        }
        delete_texts(tx, collection.id.uuid()).await?;
        tx.execute("delete from collection_product where collection_id = $1", &[&collection.id]).await?;
        insert_parts(tx, collection).await?;
        Ok(true)
    }

    async fn delete(&self, tx: &mut Tx, id: CollectionId) -> Result<(), DbError> {
        delete_texts(tx, id.uuid()).await?;
        tx.execute("delete from collection where id = $1", &[&id]).await.map(|_| ())
    }

    async fn of_product(&self, tx: &mut Tx, product: ProductId) -> Result<Vec<CollectionId>, DbError> {
        let sql = "select collection_id from collection_product where product_id = $1 order by collection_id";
        tx.query(sql, &[&product], |row| row.id(0)).await
    }
}
